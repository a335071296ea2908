using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Bench.Endurance;

/// <summary>How a request ended for its client.</summary>
internal enum Verdict
{
    /// <summary>With the whole and right answer, once.</summary>
    Whole,

    /// <summary>With an error that gives a reason.</summary>
    Failed,

    /// <summary>The client left.</summary>
    Left,

    /// <summary>Nobody listened.</summary>
    Unheard,

    /// <summary>Without an end and without a reason.</summary>
    Torn,

    /// <summary>With something that the model has not said, or more than one end.</summary>
    Wrong,

    /// <summary>Not within <see cref="Client.Patience"/>.</summary>
    Hung,
}

/// <param name="RequestId">Null: it was not told.</param>
/// <param name="Reason">What there is to say, but for a whole answer.</param>
/// <param name="Id">Of the stored response.</param>
/// <param name="Ended">A timestamp.</param>
internal sealed record Asked(string Marker, Verdict Verdict, string? RequestId, int Status, string? Reason, string? Id, long Ended);

/// <summary>Asks once, and looks closely at the answer.</summary>
internal sealed class Client(Uri gateway) : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly HttpClient _http = new() { BaseAddress = gateway, Timeout = Timeout.InfiniteTimeSpan };

    /// <param name="leaving">When it fires, this client has gone.</param>
    public async Task<Asked> AskAsync(Door door, string marker, string key, string? conversation = null, CancellationToken leaving = default)
    {
        string? requestId = null;
        var (status, read) = (0, new Reading());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(leaving);
        patience.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, door.Path) { Content = new StringContent(door.Body(marker), Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            if (conversation is not null) request.Headers.Add("x-conversation-id", conversation);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            status = (int)answer.StatusCode;
            requestId = answer.Headers.TryGetValues("x-request-id", out var ids) ? ids.Single() : null;
            await using var body = await answer.Content.ReadAsStreamAsync(patience.Token);
            using var lines = new StreamReader(body);
            if (door.Stream && answer.IsSuccessStatusCode) await ReadStreamAsync(lines, door, read, patience.Token);
            else ReadObject(await lines.ReadToEndAsync(patience.Token), door, read);
            return Told(Judge(answer.IsSuccessStatusCode, read, door, marker), read.Error ?? $"text: {read.Text}, ends: {read.Ends}");
        }
        catch (OperationCanceledException)
        {
            return Told(leaving.IsCancellationRequested ? Verdict.Left : Verdict.Hung, $"after {read.Text.Length} characters");
        }
        catch (HttpRequestException e) when (requestId is null && e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return Told(Verdict.Unheard, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Told(read.Error is null ? Verdict.Torn : Verdict.Failed, read.Error ?? e.Message);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return Told(Verdict.Wrong, e.Message);
        }

        Asked Told(Verdict verdict, string reason) => new(marker, verdict, requestId, status, verdict == Verdict.Whole ? null : reason, read.Id, TimeProvider.System.GetTimestamp());
    }

    public void Dispose() => _http.Dispose();

    private static async Task ReadStreamAsync(StreamReader lines, Door door, Reading read, CancellationToken cancellationToken)
    {
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line is "data: [DONE]") read.Ends++;
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) ReadObject(line["data: ".Length..], door, read);
            else if (line.StartsWith('{')) ReadObject(line, door, read);
        }
    }

    private static void ReadObject(string text, Door door, Reading read)
    {
        using var json = JsonDocument.Parse(text);
        door.Read(json.RootElement, read);
    }

    private static Verdict Judge(bool succeeded, Reading read, Door door, string marker) => (succeeded, read) switch
    {
        (_, { Error.Length: > 0, Ends: 0 }) => Verdict.Failed,
        (true, { Error: null, Ends: 1 }) when door == Door.Embedding || read.Text.ToString() == Door.Expected(marker) => Verdict.Whole,
        (true, { Error: null, Ends: 0 }) => Verdict.Torn,
        _ => Verdict.Wrong,
    };
}
