using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>Server-sent events as they come.</summary>
internal sealed class Events(HttpResponseMessage response) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private StreamReader? _reader;

    /// <summary>Reads on until an event of this kind is as wanted.</summary>
    public async Task<JsonElement> UntilAsync(string kind, Func<JsonElement, bool> wanted, string what)
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var name = "";
        try
        {
            while (await _reader.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
                if (!line.StartsWith("data: ", StringComparison.Ordinal) || name != kind) continue;
                var data = JsonDocument.Parse(line[6..]).RootElement;
                if (wanted(data)) return data;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Read for {Limit.TotalSeconds} s in vain: {what}");
        }

        throw new InvalidOperationException($"The stream ended before this: {what}");
    }

    /// <summary>Reads on until the gateway has ended the stream.</summary>
    public async Task UntilEndAsync()
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        while (await _reader.ReadLineAsync(limit.Token) is not null)
        {
        }
    }

    public void Dispose() => response.Dispose();
}
