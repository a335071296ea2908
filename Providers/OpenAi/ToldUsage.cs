using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// What a service tells of its tokens. Some write whole numbers with a decimal point, which typed clients do not read, and some tell only the total.
/// </summary>
internal static class ToldUsage
{
    /// <param name="usage">A usage object.</param>
    /// <param name="shareOut">Guesses how many of the total are the prompt's.</param>
    /// <param name="mended">The same object as clients expect it; null: it is so already.</param>
    /// <returns>Null: it has none of the three numbers.</returns>
    public static UpstreamUsage? Read(ReadOnlySpan<byte> usage, Func<long, UpstreamUsage> shareOut, out byte[]? mended)
    {
        mended = null;
        var (prompt, completion, total, isOdd) = ((long?)null, (long?)null, (long?)null, false);
        var (cacheRead, cacheWritten) = (0L, 0L);
        var reader = new Utf8JsonReader(usage);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var name = reader.ValueSpan;
            var isTop = reader.CurrentDepth == 1;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !name.EndsWith("_tokens"u8)) continue;
            if (!reader.TryGetInt64(out var number))
            {
                if (Whole(reader.GetDouble()) is not { } whole) continue;
                (number, isOdd) = (whole, true);
            }

            // OpenAI has it in its details; the other words are LiteLLM's, DeepSeek's and OpenRouter's.
            if (name.SequenceEqual("cached_tokens"u8) || name.SequenceEqual("cache_read_input_tokens"u8) || name.SequenceEqual("prompt_cache_hit_tokens"u8)) cacheRead = number;
            else if (name.SequenceEqual("cache_creation_input_tokens"u8) || name.SequenceEqual("cache_creation_tokens"u8) || name.SequenceEqual("cache_write_tokens"u8)) cacheWritten = number;
            if (!isTop) continue;
            if (name.SequenceEqual("prompt_tokens"u8)) prompt = number;
            else if (name.SequenceEqual("completion_tokens"u8)) completion = number;
            else if (name.SequenceEqual("total_tokens"u8)) total = number;
        }

        if (Told(prompt, completion, total, shareOut) is not { } told) return null;
        told = told with { CacheRead = cacheRead, CacheWritten = cacheWritten };
        if (isOdd || prompt is null || completion is null) mended = Mended(usage, told);
        return told;
    }

    /// <returns>Null: it is no number of tokens.</returns>
    public static long? Number(JsonElement usage, string name)
    {
        if (!usage.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number) return null;
        return value.TryGetInt64(out var number) ? number : Whole(value.GetDouble());
    }

    private static UpstreamUsage? Told(long? prompt, long? completion, long? total, Func<long, UpstreamUsage> shareOut) => (prompt, completion, total) switch
    {
        (null, null, null) => null,
        (null, null, { } all) => shareOut(all),
        (null, { } said, { } all) => new UpstreamUsage(Math.Max(all - said, 0), said, all, Estimated: false),
        ({ } read, null, { } all) => new UpstreamUsage(read, Math.Max(all - read, 0), all, Estimated: false),
        _ => new UpstreamUsage(prompt ?? 0, completion ?? 0, total ?? (prompt ?? 0) + (completion ?? 0), Estimated: false),
    };

    private static long? Whole(double number) => Math.Abs(number) < 1e15 && Math.Floor(number) == number ? (long)number : null;

    private static byte[] Mended(ReadOnlySpan<byte> usage, UpstreamUsage told)
    {
        var reader = new Utf8JsonReader(usage);
        using var document = JsonDocument.ParseValue(ref reader);
        var output = new ArrayBufferWriter<byte>(usage.Length + 64);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            WriteMembers(json, document.RootElement);
            if (Number(document.RootElement, "prompt_tokens") is null) json.WriteNumber("prompt_tokens", told.Prompt);
            if (Number(document.RootElement, "completion_tokens") is null) json.WriteNumber("completion_tokens", told.Completion);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteMembers(Utf8JsonWriter json, JsonElement from)
    {
        foreach (var member in from.EnumerateObject())
        {
            var isTokens = member.Name.EndsWith("_tokens", StringComparison.Ordinal);
            if (isTokens && member.Name is "prompt_tokens" or "completion_tokens" && Number(from, member.Name) is null) continue;
            if (isTokens && Number(from, member.Name) is { } number)
            {
                json.WriteNumber(member.Name, number);
            }
            else if (member.Value.ValueKind == JsonValueKind.Object)
            {
                json.WriteStartObject(member.Name);
                WriteMembers(json, member.Value);
                json.WriteEndObject();
            }
            else
            {
                member.WriteTo(json);
            }
        }
    }
}
