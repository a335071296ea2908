using System.Collections.Immutable;

namespace OrleansLlm.Telemetry;

/// <summary>What a client has said of its trace, in LiteLLM's words within <c>metadata</c>: names and tags, and never what was asked.</summary>
public sealed record TraceWords
{
    /// <summary><c>session_id</c>, else <c>litellm_session_id</c> of the request.</summary>
    public string? Session { get; init; }

    /// <summary><c>trace_name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>trace_user_id</c>, in place of whom the gateway knows.</summary>
    public string? User { get; init; }

    /// <summary><c>generation_name</c>.</summary>
    public string? Generation { get; init; }

    /// <summary><c>tags</c>.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];
}
