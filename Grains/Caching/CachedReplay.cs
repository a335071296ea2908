using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansLlm.Caching;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Caching;

/// <summary>
/// Tells a stored answer again, whole or as the chunks of a stream. Its <c>id</c> and <c>created</c> are those of the inference that wrote it,
/// as in LiteLLM.
/// </summary>
internal static class CachedReplay
{
    /// <summary>Characters of one chunk: clients that draw a text as it comes get it in pieces.</summary>
    private const int PieceLength = 64;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>All events of it, <see cref="InferenceStarted"/> first.</summary>
    public static IEnumerable<InferenceEvent> Of(CachedAnswer answer, bool stream, bool includeUsage)
    {
        yield return new InferenceStarted
        {
            DeploymentId = answer.DeploymentId, ModelGroup = answer.ModelGroup, ApiBase = answer.ApiBase, Queued = TimeSpan.Zero, Upstream = TimeSpan.Zero,
        };
        if (stream)
        {
            foreach (var chunk in ChunksOf(answer.Json, includeUsage)) yield return new TokenChunk(chunk);
        }
        else
        {
            yield return new WholeAnswer(answer.Json);
        }

        yield return new InferenceCompleted(answer.PromptTokens, answer.CompletionTokens, TimeSpan.Zero, answer.Estimated);
    }

    /// <param name="completion">A <c>chat.completion</c>.</param>
    public static List<ReadOnlyMemory<byte>> ChunksOf(ReadOnlyMemory<byte> completion, bool includeUsage)
    {
        using var document = JsonDocument.Parse(completion);
        var root = document.RootElement;
        List<ReadOnlyMemory<byte>> chunks = [];
        foreach (var choice in root.GetProperty("choices").EnumerateArray())
        {
            var index = choice.TryGetProperty("index", out var given) && given.TryGetInt32(out var number) ? number : 0;
            AddMessage(chunks, root, index, choice);
            chunks.Add(Chunk(root, index, static _ => { }, choice));
        }

        if (includeUsage && root.TryGetProperty("usage", out var usage)) chunks.Add(Chunk(root, null, null, usage: usage));
        return chunks;
    }

    private static void AddMessage(List<ReadOnlyMemory<byte>> chunks, JsonElement root, int index, JsonElement choice)
    {
        var message = choice.GetProperty("message");
        var logprobs = choice.TryGetProperty("logprobs", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        chunks.Add(Chunk(root, index, delta =>
        {
            delta.WriteString("role", message.TryGetProperty("role", out var role) ? role.GetString() : "assistant");
            delta.WriteString("content", "");
        }));
        foreach (var member in message.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null || member.Name is "role" or "content") continue;
            var field = member;
            if (field.Name == "tool_calls" && field.Value.ValueKind == JsonValueKind.Array) chunks.Add(Chunk(root, index, delta => WriteCalls(delta, field.Value)));
            else if (field.Name is "reasoning_content" or "reasoning" && field.Value.ValueKind == JsonValueKind.String) AddPieces(chunks, root, index, field.Name, field.Value.GetString()!, default);
            else chunks.Add(Chunk(root, index, field.WriteTo));
        }

        if (message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String) AddPieces(chunks, root, index, "content", content.GetString()!, logprobs);
        else if (logprobs.ValueKind == JsonValueKind.Object) chunks.Add(Chunk(root, index, static _ => { }, logprobs: logprobs));
    }

    /// <summary>The probabilities belong to tokens, which a stored text does not have any more: with them it stays in one piece.</summary>
    private static void AddPieces(List<ReadOnlyMemory<byte>> chunks, JsonElement root, int index, string field, string text, JsonElement logprobs)
    {
        if (logprobs.ValueKind == JsonValueKind.Object)
        {
            chunks.Add(Chunk(root, index, delta => delta.WriteString(field, text), logprobs: logprobs));
            return;
        }

        for (var at = 0; at < text.Length;)
        {
            var end = Math.Min(at + PieceLength, text.Length);
            if (end < text.Length && char.IsHighSurrogate(text[end - 1])) end++;
            var piece = text[at..end];
            chunks.Add(Chunk(root, index, delta => delta.WriteString(field, piece)));
            at = end;
        }
    }

    private static void WriteCalls(Utf8JsonWriter delta, JsonElement calls)
    {
        delta.WriteStartArray("tool_calls");
        var index = 0;
        foreach (var call in calls.EnumerateArray())
        {
            delta.WriteStartObject();
            delta.WriteNumber("index", index++);
            foreach (var member in call.EnumerateObject()) member.WriteTo(delta);
            delta.WriteEndObject();
        }

        delta.WriteEndArray();
    }

    /// <param name="delta">Writes the members of the delta; null: no choice.</param>
    /// <param name="ended">The choice whose finish reason, and whatever else it has, is told.</param>
    private static byte[] Chunk(
        JsonElement root, int? index, Action<Utf8JsonWriter>? delta, JsonElement ended = default, JsonElement logprobs = default, JsonElement usage = default)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Relaxed))
        {
            json.WriteStartObject();
            WriteEnvelope(json, root);
            json.WriteStartArray("choices");
            if (delta is not null) WriteChoice(json, index ?? 0, delta, ended, logprobs);
            json.WriteEndArray();
            if (usage.ValueKind == JsonValueKind.Object)
            {
                json.WritePropertyName("usage");
                usage.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteEnvelope(Utf8JsonWriter json, JsonElement root)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is "choices" or "usage") continue;
            if (member.Name == "object") json.WriteString("object", "chat.completion.chunk");
            else member.WriteTo(json);
        }
    }

    private static void WriteChoice(Utf8JsonWriter json, int index, Action<Utf8JsonWriter> delta, JsonElement ended, JsonElement logprobs)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteStartObject("delta");
        delta(json);
        json.WriteEndObject();
        if (logprobs.ValueKind == JsonValueKind.Object)
        {
            json.WritePropertyName("logprobs");
            logprobs.WriteTo(json);
        }

        if (ended.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in ended.EnumerateObject())
            {
                if (member.Name is not ("index" or "message" or "logprobs")) member.WriteTo(json);
            }
        }
        else
        {
            json.WriteNull("finish_reason");
        }

        json.WriteEndObject();
    }
}
