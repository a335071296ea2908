using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Providers.Http;

namespace OrleansLlm.Providers;

/// <summary>
/// Reads a whole answer with embeddings and retells it as OpenAI's list, in the encoding that the client asked for whatever the upstream
/// chose: <c>base64</c> is little-endian float32 (the official clients ask for it by default).
/// </summary>
/// <param name="read">Where in the upstream's JSON the vectors are, each an array of numbers or a base64 text, and how many tokens they
/// cost; null tokens: it does not say.</param>
internal sealed class EmbeddingAnswer(UpstreamRequest request, UpstreamReport report, Func<JsonElement, (List<JsonElement> Vectors, long? Tokens)> read)
    : IAnswer, IReporting
{
    private bool _done;

    public Framing Framing => Framing.Whole;

    /// <summary>Numbers as text, perhaps each on a line of its own, are several times what is made of them here.</summary>
    public int MaxFrame => 128 * 1024 * 1024;

    public bool IsComplete => _done;

    public bool CanEnd => _done;

    public void Read(ReadOnlySpan<byte> frame, List<UpstreamChunk> chunks)
    {
        try
        {
            using var document = JsonDocument.Parse(frame.ToArray());
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error)
                && error.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
            {
                throw UpstreamErrors.FromEvent(frame, request);
            }

            var (vectors, tokens) = read(root);
            var (inputs, asBase64) = Asked();
            // Whoever goes by their order would give one text the vector of another.
            if (vectors.Count < inputs) throw UpstreamException.Of(FailureKind.Garbled, $"The upstream answered with {vectors.Count} embeddings for {inputs} inputs.");
            if (tokens is { } known) report.Usage = new UpstreamUsage(known, 0, known, Estimated: false);
            Report();
            chunks.Add(new(Write(vectors, asBase64), ChunkKind.Payload, null));
            _done = true;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw UpstreamException.Of(FailureKind.Garbled, "The upstream answered with JSON that is not a list of embeddings.", wrong);
        }
    }

    public void End(List<UpstreamChunk> chunks)
    {
        if (!_done) throw UpstreamException.Of(FailureKind.Truncated, "The upstream's answer was empty.");
    }

    public void Report() => report.Usage ??= UsageEstimate.From(request, 0, 0);

    private byte[] Write(List<JsonElement> vectors, bool asBase64)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            EmbeddingList.Begin(json);
            for (var index = 0; index < vectors.Count; index++)
            {
                var vector = vectors[index];
                EmbeddingList.Add(json, index, to => WriteVector(to, vector, asBase64));
            }

            EmbeddingList.End(json, request.PublicModel, report.Usage!.Value);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteVector(Utf8JsonWriter json, JsonElement vector, bool asBase64)
    {
        var isBase64 = vector.ValueKind == JsonValueKind.String;
        if (!isBase64 && vector.ValueKind != JsonValueKind.Array) throw new JsonException();
        if (isBase64 == asBase64)
        {
            vector.WriteTo(json);
        }
        else if (asBase64)
        {
            json.WriteBase64StringValue(LittleEndian(vector));
        }
        else
        {
            json.WriteStartArray();
            foreach (var number in MemoryMarshal.Cast<byte, float>(HostOrder(vector.GetBytesFromBase64()))) json.WriteNumberValue(number);
            json.WriteEndArray();
        }
    }

    private static byte[] LittleEndian(JsonElement numbers)
    {
        var floats = new float[numbers.GetArrayLength()];
        var at = 0;
        foreach (var number in numbers.EnumerateArray()) floats[at++] = number.GetSingle();
        return HostOrder(MemoryMarshal.AsBytes<float>(floats).ToArray());
    }

    /// <summary>Turns little-endian floats into the machine's, and back.</summary>
    private static byte[] HostOrder(byte[] floats)
    {
        if (floats.Length % sizeof(float) != 0) throw new FormatException();
        if (BitConverter.IsLittleEndian) return floats;
        for (var at = 0; at < floats.Length; at += sizeof(float)) floats.AsSpan(at, sizeof(float)).Reverse();
        return floats;
    }

    private (int Inputs, bool AsBase64) Asked()
    {
        using var body = JsonDocument.Parse(request.Body);
        var asBase64 = (body.RootElement.TryGetProperty("encoding_format", out var format)
                || request.Defaults.TryGetValue("encoding_format", out format))
            && format.ValueKind == JsonValueKind.String && format.ValueEquals("base64"u8);
        return (EmbeddingInput.CountIn(body.RootElement), asBase64);
    }
}
