namespace OrleansLlm.Providers;

/// <summary>Tokens of one call.</summary>
/// <param name="Total">What the upstream says; not always the sum (reasoning tokens may be in it only).</param>
/// <param name="Estimated">The upstream gave no usage: about four bytes or one chunk a token.</param>
public readonly record struct UpstreamUsage(long Prompt, long Completion, long Total, bool Estimated)
{
    /// <summary>Tokens of the prompt that the service had in its cache, and has a price of their own for.</summary>
    public long CacheRead { get; init; }

    /// <summary>Tokens of the prompt that it has put into its cache.</summary>
    public long CacheWritten { get; init; }

    /// <summary>More than any model takes, and so few that millions of answers can be added up.</summary>
    private const long Most = 1_000_000_000;

    /// <summary>Nobody gets tokens back, and one absurd count must not spoil the sums over all requests.</summary>
    internal UpstreamUsage Believable()
    {
        var read = Math.Clamp(CacheRead, 0, Math.Clamp(Prompt, 0, Most));
        return Clamped() with { CacheRead = read, CacheWritten = Math.Clamp(CacheWritten, 0, Math.Clamp(Prompt, 0, Most) - read) };
    }

    private UpstreamUsage Clamped() => this with { Prompt = Math.Clamp(Prompt, 0, Most), Completion = Math.Clamp(Completion, 0, Most), Total = Math.Clamp(Total, 0, 2 * Most) };
}

/// <summary>What became known during a call. Written by the call only; one object per call.</summary>
public sealed class UpstreamReport
{
    /// <summary>Null until the upstream said it, or the enumeration ended and it was estimated from what had arrived.</summary>
    public UpstreamUsage? Usage
    {
        get;
        internal set => field = value?.Believable();
    }

    /// <summary>The HTTP status, once there was one.</summary>
    public int? Status { get; internal set; }

    /// <summary>The upstream's own id of the request (x-request-id or request-id).</summary>
    public string? UpstreamRequestId { get; internal set; }

    /// <summary>Response headers worth passing on, renamed as LiteLLM does: <c>llm_provider-x-ratelimit-remaining-requests</c>…</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders { get; internal set; } = [];

    /// <summary>Request parameters that the dialect cannot express, or may not, and left out: <c>logit_bias</c>,
    /// <c>options.num_ctx</c>…</summary>
    public IReadOnlyList<string> DroppedParameters => Dropped;

    /// <summary>From the start of the call to the response headers.</summary>
    public TimeSpan? TimeToFirstByte { get; internal set; }

    /// <summary>From the start of the call to the first chunk with payload.</summary>
    public TimeSpan? TimeToFirstToken { get; internal set; }

    /// <summary>The first, pooled connection had died; the request was sent again on a fresh one.</summary>
    public bool RetriedConnection { get; internal set; }

    /// <summary>
    /// Ends when what ran upstream for a call that was given up has stopped, as far as can be seen, and within a second: another inference must not begin in its
    /// place before. To be looked at when the call has ended; completed for one that came to its end.
    /// </summary>
    public Task Parted { get; internal set; } = Task.CompletedTask;

    /// <summary>How long the upstream loaded the model for this request (Ollama).</summary>
    public TimeSpan? LoadDuration { get; internal set; }

    internal List<string> Dropped { get; } = [];

    /// <summary>The request makes the model call a tool of the dialect's own, whose input is the answer.</summary>
    internal bool AnswerIsToolInput { get; set; }

    /// <summary>The service may search for this answer, and tell by places in its text what it has found where.</summary>
    internal bool MayCite { get; set; }
}
