namespace OrleansLlm.Catalog;

/// <summary>The times an upstream call may take. Null in a deployment means: the gateway's.</summary>
public sealed record TimeoutOptions
{
    /// <summary>TCP and TLS; default 10 s.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>From the sent request to the first token; default 300 s, as long as Ollama lets a model load.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>The same for an answer that the client wants as a stream: LiteLLM's <c>stream_timeout</c>.</summary>
    public TimeSpan? FirstTokenOfStream { get; init; }

    /// <summary>Silence in the middle of an answer; default 120 s.</summary>
    public TimeSpan? BetweenTokens { get; init; }

    /// <summary>The whole call; default 6000 s, LiteLLM's <c>request_timeout</c>.</summary>
    public TimeSpan? Total { get; init; }

    /// <summary>As they hold for one request.</summary>
    public TimeoutOptions For(bool stream) => stream && FirstTokenOfStream is { } own ? this with { FirstToken = own } : this;

    public TimeoutOptions Over(TimeoutOptions defaults) => new()
    {
        Connect = Connect ?? defaults.Connect,
        FirstToken = FirstToken ?? defaults.FirstToken,
        FirstTokenOfStream = FirstTokenOfStream ?? defaults.FirstTokenOfStream,
        BetweenTokens = BetweenTokens ?? defaults.BetweenTokens,
        Total = Total ?? defaults.Total,
    };
}
