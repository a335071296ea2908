using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers.Ollama;

/// <summary>
/// Finishes cold loads that a client's leaving aborted. Ollama loads a model on behalf of one request and gives the load up when that
/// request goes (server/sched.go: "client connection closed before llama-server finished loading, aborting load"): with impatient clients
/// a large model would never load. A load of our own, without an inference, does not leave.
/// </summary>
internal sealed class OllamaWarmUp(UpstreamHttp http) : IAsyncDisposable, IDisposable
{
    private const int Most = 16;
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(10);

    /// <summary>Ollama itself gives a stalled load up after OLLAMA_LOAD_TIMEOUT, 5 minutes; a large model on a slow disk moves for
    /// longer.</summary>
    private static readonly TimeSpan LoadTime = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, Task> _running = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Loads under way.</summary>
    internal IReadOnlyCollection<Task> Running => [.. _running.Values];

    /// <summary>Loads the model of an abandoned request unless it is loaded or a load like this one is under way.</summary>
    public void Begin(UpstreamRequest request, ReadOnlyMemory<byte> load)
    {
        if (_running.Count >= Most || _stopping.IsCancellationRequested) return;
        var key = request.ApiBase + " " + Encoding.UTF8.GetString(load.Span);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_running.TryAdd(key, gate.Task)) _ = RunAsync(key, request, load, gate);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running.Values);
    }

    public void Dispose() => _stopping.Cancel();

    private async Task RunAsync(string key, UpstreamRequest request, ReadOnlyMemory<byte> load, TaskCompletionSource gate)
    {
        try
        {
            await Task.Yield();
            if (!await IsLoadedAsync(request).ConfigureAwait(false)) await LoadAsync(request, load).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            // The next request finds out for itself what is wrong.
        }
        finally
        {
            _running.TryRemove(key, out _);
            gate.SetResult();
        }
    }

    private async Task<bool> IsLoadedAsync(UpstreamRequest request)
    {
        using var timer = new CancellationTokenSource(LookTime, http.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _stopping.Token);
        var loaded = await OllamaModels.ListAsync(http, request.Trust, Addresses.Under(request.ApiBase!, "api/ps"), request.ApiKey, request.Headers, patience.Token)
            .ConfigureAwait(false);
        return loaded.Any(name => OllamaModels.IsSame(name, request.Model));
    }

    private async Task LoadAsync(UpstreamRequest request, ReadOnlyMemory<byte> load)
    {
        using var timer = new CancellationTokenSource(LoadTime, http.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _stopping.Token);
        using var response = await http.SendAsync(
            request.Trust, () => UpstreamHttp.Request(
                HttpMethod.Post, Addresses.Under(request.ApiBase!, "api/generate"), request.ApiKey, request.Headers, new RequestBody(load),
                "application/json"),
            new ConnectionTrace(), null, patience.Token).ConfigureAwait(false);
    }
}
