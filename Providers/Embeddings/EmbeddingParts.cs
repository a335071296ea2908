using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// An embedding request with more texts than its service takes at once, asked for in parts, one after another. OpenAI takes 2048, and its clients send as many.
/// </summary>
internal sealed class EmbeddingParts
{
    /// <summary>OpenAI's own bound. More go as they are, and the service refuses them: one request must not become any number.</summary>
    private const int MostTexts = 2048;

    /// <summary>Of all vectors together, as of any answer.</summary>
    private const int MostBytes = 32 * 1024 * 1024;

    private readonly UpstreamRequest _request;
    private readonly List<byte[]> _bodies;

    private EmbeddingParts(UpstreamRequest request, List<byte[]> bodies) => (_request, _bodies) = (request, bodies);

    /// <returns>Null: it goes as it is. What cannot be read does as well: the dialect says what is wrong with it.</returns>
    public static EmbeddingParts? Of(UpstreamRequest request, int most)
    {
        if (request.Operation != UpstreamOperation.Embedding || most == 0) return null;
        try
        {
            using var body = JsonDocument.Parse(request.Body, NestedJson.Document);
            var count = EmbeddingInput.CountIn(body.RootElement);
            if (count <= most || count > MostTexts) return null;
            var texts = body.RootElement.GetProperty("input").EnumerateArray().ToList();
            return new EmbeddingParts(request, [.. texts.Chunk(most).Select(some => With(body.RootElement, some))]);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <returns>One list of all vectors, as of a single answer.</returns>
    public async IAsyncEnumerable<UpstreamChunk> StreamAsync(
        Func<UpstreamRequest, IAsyncEnumerable<UpstreamChunk>> ask, UpstreamReport report, [EnumeratorCancellation] CancellationToken ct)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(output, JsonText.WriterOptions);
        EmbeddingList.Begin(json);
        var count = 0;
        foreach (var body in _bodies)
        {
            var known = report.Dropped.Count;
            await foreach (var chunk in ask(_request with { Body = body }).WithCancellation(ct).ConfigureAwait(false)) count = Add(json, chunk, count);
            // Each part leaves out the same.
            if (known > 0) report.Dropped.RemoveRange(known, report.Dropped.Count - known);
            if (output.WrittenCount + json.BytesPending > MostBytes)
                throw UpstreamException.Of(FailureKind.TooLarge, $"The embeddings are larger than {MostBytes} bytes together.");
        }

        // A service that takes few texts at once is Google's, which tells no tokens.
        var usage = UsageEstimate.From(_request, 0, 0);
        report.Usage = usage;
        EmbeddingList.End(json, _request.PublicModel, usage);
        await json.FlushAsync(ct).ConfigureAwait(false);
        yield return new(output.WrittenMemory, ChunkKind.Payload, null);
    }

    private static int Add(Utf8JsonWriter json, UpstreamChunk list, int count)
    {
        using var read = JsonDocument.Parse(list.Json, NestedJson.Document);
        foreach (var entry in read.RootElement.GetProperty("data").EnumerateArray())
        {
            EmbeddingList.Add(json, count++, entry.GetProperty("embedding").WriteTo);
        }

        return count;
    }

    private static byte[] With(JsonElement body, JsonElement[] texts)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            foreach (var member in body.EnumerateObject())
            {
                if (!member.NameEquals("input")) member.WriteTo(json);
            }

            json.WriteStartArray("input");
            foreach (var text in texts) text.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
