using OrleansLlm.Caching;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Grains.Caching;

/// <summary>Which answers are worth keeping, and what is kept of them.</summary>
internal static class AnswerToKeep
{
    /// <param name="events">All events before the end; null: they are too many.</param>
    /// <returns>Null: not to be kept. So is what a fallback wrote: the model that was asked for is to answer again as soon as it can.</returns>
    public static CachedAnswer? Of(IReadOnlyList<InferenceEvent>? events, InferenceCompleted done, InferenceRequest request, CacheOptions options, DateTimeOffset now)
    {
        if (events is not [InferenceStarted { Fallbacks: 0 } started, ..] || request.Cache is not { NoStore: false } use || use.Ttl <= TimeSpan.Zero) return null;
        if (JsonOf(events, done) is not { Length: > 0 } json || json.Length > options.MaxEntryBytes) return null;
        return new CachedAnswer
        {
            Json = json,
            PromptTokens = done.PromptTokens,
            CompletionTokens = done.CompletionTokens,
            Estimated = done.Estimated,
            StoredAt = now,
            ExpiresAt = now + use.Ttl,
            DeploymentId = started.DeploymentId,
            ModelGroup = started.ModelGroup,
            ApiBase = started.ApiBase,
        };
    }

    private static ReadOnlyMemory<byte>? JsonOf(IReadOnlyList<InferenceEvent> events, InferenceCompleted done)
    {
        if (events.OfType<WholeAnswer>().FirstOrDefault() is { } whole) return whole.Json;
        var gatherer = new ChatGatherer();
        try
        {
            foreach (var chunk in events.OfType<TokenChunk>()) gatherer.Add(new UpstreamChunk(chunk.Json, default, null));
        }
        catch (UpstreamException)
        {
            // The clients see it as it is; it is not worth repeating.
            return null;
        }

        return gatherer.ToCompletion(new UpstreamUsage(done.PromptTokens, done.CompletionTokens, done.PromptTokens + done.CompletionTokens, done.Estimated));
    }
}
