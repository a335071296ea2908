namespace OrleansLlm.Catalog;

/// <summary>The times an upstream call may take. Null in a deployment means: the gateway's.</summary>
public sealed record TimeoutOptions
{
    /// <summary>A stream is cut when it has taken so long, or its <see cref="Total"/> if that is more.</summary>
    private static readonly TimeSpan LongestStream = TimeSpan.FromSeconds(6000);

    /// <summary>TCP and TLS; default 10 s.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>From the sent request to the first token; default 300 s, as long as Ollama lets a model load.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>The same for an answer that the client wants as a stream: LiteLLM's <c>stream_timeout</c>.</summary>
    public TimeSpan? FirstTokenOfStream { get; init; }

    /// <summary>Silence in the middle of an answer; default 120 s.</summary>
    public TimeSpan? BetweenTokens { get; init; }

    /// <summary>
    /// The whole call; default 6000 s, LiteLLM's <c>request_timeout</c>. Of a stream each of its waits, as it is in LiteLLM, where it is the time for which nothing comes: an
    /// answer that still talks is not cut.
    /// </summary>
    public TimeSpan? Total { get; init; }

    /// <summary>All of a stream, however much it talks; null: 6000 s, or <see cref="Total"/> if that is more.</summary>
    public TimeSpan? Stream { get; init; }

    /// <summary>As they hold for one request.</summary>
    /// <param name="levels">The most particular first; the last says all of them.</param>
    public static TimeoutOptions Of(bool stream, params ReadOnlySpan<TimeoutOptions> levels)
    {
        var all = new TimeoutOptions();
        var (ofStreams, capsFirst) = (false, false);
        foreach (var level in levels)
        {
            ofStreams |= level.FirstTokenOfStream is not null;
            // A time of its own to the first token is the more particular word.
            if (all.Total is null && level.Total is not null) capsFirst = !ofStreams;
            all = all.Over(stream && level.FirstTokenOfStream is { } own ? level with { FirstToken = own } : level);
        }

        if (!stream || all.Total is not { } each) return all;
        return all with
        {
            FirstToken = capsFirst && all.FirstToken > each ? each : all.FirstToken,
            BetweenTokens = all.BetweenTokens > each ? each : all.BetweenTokens,
            Connect = all.Connect > each ? each : all.Connect,
            Total = all.Stream ?? (each > LongestStream ? each : LongestStream),
        };
    }

    public TimeoutOptions Over(TimeoutOptions defaults) => new()
    {
        Connect = Connect ?? defaults.Connect,
        FirstToken = FirstToken ?? defaults.FirstToken,
        FirstTokenOfStream = FirstTokenOfStream ?? defaults.FirstTokenOfStream,
        BetweenTokens = BetweenTokens ?? defaults.BetweenTokens,
        Total = Total ?? defaults.Total,
        Stream = Stream ?? defaults.Stream,
    };
}
