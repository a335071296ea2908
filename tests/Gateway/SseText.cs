using System.Text;

namespace OrleansLlm.Tests.Gateway;

/// <summary>The raw text of one SSE answer, read event by event or whole.</summary>
internal sealed class SseText(HttpResponseMessage response) : IDisposable
{
    private readonly StringBuilder _read = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Stream? _stream;

    public HttpResponseMessage Response => response;

    public string StreamId => response.Headers.GetValues("x-stream-id").Single();

    /// <summary>All that has been read so far.</summary>
    public string Text => _read.ToString();

    public static async Task<SseText> OfAsync(Task<HttpResponseMessage> request)
    {
        var response = await request;
        if ((int)response.StatusCode != 200) Assert.Fail($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new SseText(response);
    }

    public static string[] Events(string text) => text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The number in an event's <c>id</c> line.</summary>
    public static long IdOf(string sse)
    {
        var line = sse.Split('\n')[0];
        Assert.StartsWith("id: ", line, StringComparison.Ordinal);
        return long.Parse(line[4..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The same answer as a client gets it that did not ask for ids.</summary>
    public static string WithoutIds(string text) => string.Concat(Events(text).Select(e => e[(e.IndexOf('\n') + 1)..] + "\n\n"));

    /// <returns>The whole events read, at least so many; the server is not asked for more than it has sent.</returns>
    public async Task<string[]> ReadEventsAsync(int atLeast)
    {
        while (Count() < atLeast)
        {
            if (!await ReadMoreAsync()) Assert.Fail($"The stream ended after {Count()} of {atLeast} events: {Text}");
        }

        return Events(Text)[..Count()];
    }

    public async Task<string> ReadToEndAsync()
    {
        while (await ReadMoreAsync())
        {
        }

        return Text;
    }

    public void Dispose() => response.Dispose();

    // Every byte here is ASCII or a whole answer: the tests' prompts are.
    private async Task<bool> ReadMoreAsync()
    {
        _stream ??= await response.Content.ReadAsStreamAsync();
        var count = await _stream.ReadAsync(_buffer);
        _read.Append(Encoding.ASCII.GetString(_buffer, 0, count));
        return count > 0;
    }

    private int Count()
    {
        var text = Text;
        var count = 0;
        for (var at = text.IndexOf("\n\n", StringComparison.Ordinal); at >= 0; at = text.IndexOf("\n\n", at + 2, StringComparison.Ordinal)) count++;
        return count;
    }
}
