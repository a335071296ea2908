using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansLlm.Caching;

namespace OrleansLlm.Grains.Caching;

/// <summary>An answer as the shared store has it: a line of JSON about it, and it. Names are for ever.</summary>
internal static partial class CachedAnswerFormat
{
    private const byte LineEnd = (byte)'\n';

    public static byte[] Write(CachedAnswer answer)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(new Head(
            answer.PromptTokens, answer.CompletionTokens, answer.Estimated, answer.StoredAt, answer.ExpiresAt, answer.DeploymentId, answer.ModelGroup, answer.ApiBase), HeadJson.Default.Head);
        return [.. head, LineEnd, .. answer.Json.Span];
    }

    /// <returns>Null: it is none of ours.</returns>
    public static CachedAnswer? Read(ReadOnlyMemory<byte> stored)
    {
        var end = stored.Span.IndexOf(LineEnd);
        if (end < 0) return null;
        try
        {
            if (JsonSerializer.Deserialize(stored.Span[..end], HeadJson.Default.Head) is not { } head) return null;
            return new CachedAnswer
            {
                Json = stored[(end + 1)..],
                PromptTokens = head.PromptTokens,
                CompletionTokens = head.CompletionTokens,
                Estimated = head.Estimated,
                StoredAt = head.StoredAt,
                ExpiresAt = head.ExpiresAt,
                DeploymentId = head.DeploymentId,
                ModelGroup = head.ModelGroup,
                ApiBase = head.ApiBase,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal sealed record Head(
        long PromptTokens, long CompletionTokens, bool Estimated, DateTimeOffset StoredAt, DateTimeOffset ExpiresAt, string DeploymentId, string ModelGroup, string ApiBase);

    [JsonSerializable(typeof(Head))]
    private sealed partial class HeadJson : JsonSerializerContext;
}
