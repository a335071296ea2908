using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>Token counts: read where the upstream gives them, guessed where it does not.</summary>
internal static class UsageEstimate
{
    private const int BytesPerToken = 4;

    /// <summary>Reads an OpenAI usage object at whose start the reader stands; null if it has none of the three numbers.</summary>
    public static UpstreamUsage? Read(ref Utf8JsonReader reader)
    {
        long? prompt = null, completion = null, total = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
            {
                if (name.SequenceEqual("prompt_tokens"u8)) prompt = number;
                else if (name.SequenceEqual("completion_tokens"u8)) completion = number;
                else if (name.SequenceEqual("total_tokens"u8)) total = number;
            }

            reader.Skip();
        }

        if (prompt is null && completion is null && total is null) return null;
        return new UpstreamUsage(prompt ?? 0, completion ?? 0, total ?? (prompt ?? 0) + (completion ?? 0), Estimated: false);
    }

    /// <summary>Servers send about a token a chunk; a few large chunks are judged by their bytes.</summary>
    public static UpstreamUsage From(UpstreamRequest request, long chunks, long bytes)
    {
        var prompt = (request.Body.Length + BytesPerToken - 1) / BytesPerToken;
        var completion = Math.Max(chunks, bytes / BytesPerToken);
        return new UpstreamUsage(prompt, completion, prompt + completion, Estimated: true);
    }
}
