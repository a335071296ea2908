namespace OrleansLlm.Providers;

/// <summary>Token counts where the upstream gives none.</summary>
internal static class UsageEstimate
{
    private const int BytesPerToken = 4;

    /// <summary>Servers send about a token a chunk; a few large chunks are judged by their bytes.</summary>
    public static UpstreamUsage From(UpstreamRequest request, long chunks, long bytes)
    {
        var prompt = request.PromptTokens ?? (request.Body.Length + BytesPerToken - 1) / BytesPerToken;
        var completion = Math.Max(chunks, bytes / BytesPerToken);
        return new UpstreamUsage(prompt, completion, prompt + completion, Estimated: true);
    }

    /// <summary>Where only the sum of both is known.</summary>
    public static UpstreamUsage Of(long total, UpstreamRequest request, long chunks, long bytes)
    {
        var completion = Math.Clamp(From(request, chunks, bytes).Completion, 0, Math.Max(total, 0));
        return new UpstreamUsage(total - completion, completion, total, Estimated: true);
    }
}
