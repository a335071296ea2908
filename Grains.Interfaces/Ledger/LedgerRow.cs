namespace OrleansLlm.Ledger;

/// <summary>
/// What became of one request and what it has used. Never a prompt, an answer or a key. It is stored under these names (in lower case, with
/// underscores) and crosses no grain call: append only, and what is appended may be absent.
/// </summary>
public sealed record LedgerRow
{
    public const string Success = "success";

    /// <summary>Its client has left: no failure of anybody.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>One row each: a second one with the same id is the first one again.</summary>
    public required string RequestId { get; init; }

    /// <summary>When its inference began to be handled.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>SHA-256 of the API key; null: none was presented.</summary>
    public string? KeyHash { get; init; }

    public string? KeyAlias { get; init; }

    /// <summary>The user grain's key: <c>user:</c> and the <c>user</c> field, <c>key:</c> and the key's hash, or <c>anonymous</c>.</summary>
    public required string UserId { get; init; }

    public string? TeamId { get; init; }

    /// <summary>As the client named it.</summary>
    public required string Model { get; init; }

    /// <summary>The group that served it; null: none did.</summary>
    public string? ModelGroup { get; init; }

    /// <summary><c>litellm_params.model</c> of the deployment that served it.</summary>
    public string? UpstreamModel { get; init; }

    public string? DeploymentId { get; init; }

    public string? Backend { get; init; }

    public long PromptTokens { get; init; }

    public long CompletionTokens { get; init; }

    /// <summary>Nobody told the tokens: they were estimated here.</summary>
    public bool Estimated { get; init; }

    /// <summary>US dollars; null: no price is known.</summary>
    public double? Cost { get; init; }

    /// <summary>Milliseconds from <see cref="Time"/> to the end.</summary>
    public double LatencyMs { get; init; }

    /// <summary>Milliseconds from the upstream call that served it to its first token; null: there was none.</summary>
    public double? FirstTokenMs { get; init; }

    /// <summary>Milliseconds spent waiting for a slot.</summary>
    public double QueueMs { get; init; }

    /// <summary><see cref="Success"/>, else the kind of the failure: <c>queue_full</c>, <c>cancelled</c>…</summary>
    public required string Status { get; init; }

    public bool CacheHit { get; init; }

    public int Retries { get; init; }

    public int Fallbacks { get; init; }

    public bool Stream { get; init; }
}
