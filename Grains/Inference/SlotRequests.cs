using OrleansLlm.Backends;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>What backends are asked for on behalf of a request.</summary>
internal static class SlotRequests
{
    /// <param name="queued">Time the request has spent waiting in earlier attempts: it counts.</param>
    public static SlotRequest For(InferenceRequest request, string leaseId, TimeSpan queued) => new()
    {
        RequestId = leaseId,
        User = request.User,
        Key = request.Key,
        Model = request.Model,
        Kind = request.Kind,
        WaitAtMost = Shorter(request.Queue.Timeout is not { } most ? null : most > queued ? most - queued : TimeSpan.Zero, request.Timeout),
        TokensEstimated = request.PromptEstimate + (request.MaxOutputTokens ?? 0),
        Priority = request.Queue.Priority,
        Weight = request.Queue.Weight,
        Turn = request.Queue.Turn,
        Follows = request.Queue.Follows,
    };

    private static TimeSpan? Shorter(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other ?? one : one;
}
