using System.Collections.Frozen;
using System.Text.Json;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers;

/// <summary>One answer to be had from one upstream service.</summary>
public sealed record UpstreamRequest
{
    public UpstreamOperation Operation { get; init; } = UpstreamOperation.Chat;

    /// <summary>The dialect, by LiteLLM's provider prefix: see <see cref="UpstreamProviders.Known"/>.</summary>
    public required string Provider { get; init; }

    /// <summary>For openai it already contains /v1; for Ollama it is the server's root. Null is the provider's usual address.</summary>
    public Uri? ApiBase { get; init; }

    public string? ApiKey { get; init; }

    /// <summary>The upstream's name for the model.</summary>
    public required string Model { get; init; }

    /// <summary>What <see cref="Model"/> really is, with a prefix or without; null: what its name says. It decides what the model takes, and is not sent.</summary>
    public string? BaseModel { get; init; }

    /// <summary>
    /// Whether OpenAI's model is asked at the Responses API (true) or for chat completions (false); null: as its name says. A name behind <c>responses/</c> is asked
    /// there in any case.
    /// </summary>
    public bool? AtResponses { get; init; }

    /// <summary>What "model" says in every chunk to the client.</summary>
    public required string PublicModel { get; init; }

    /// <summary>The client's OpenAI request, as <see cref="Operation"/> says: a JSON object in valid UTF-8.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Tokens of the prompt by the length of its texts, for services that do not tell them; null: the body is judged by its length.</summary>
    public long? PromptTokens { get; init; }

    /// <summary>Default completion parameters from the configuration. A parameter that the body has, null included, is the
    /// body's.</summary>
    public IReadOnlyDictionary<string, JsonElement> Defaults { get; init; } = FrozenDictionary<string, JsonElement>.Empty;

    /// <summary>Top-level fields of the body that are meant for the gateway and never sent upstream.</summary>
    public IReadOnlySet<string> StripFields { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Id of the completion where the dialect has none of its own, e.g. chatcmpl-….</summary>
    public required string CompletionId { get; init; }

    /// <summary>Creation time in Unix seconds, where the dialect has none of its own.</summary>
    public required long Created { get; init; }

    /// <summary>The client asked for <c>stream_options.include_usage</c>: the last chunk is the usage chunk. Otherwise there is
    /// none.</summary>
    public bool ClientWantsUsage { get; init; }

    /// <summary>The client asked for a stream. Otherwise a service that refuses to stream is asked for the whole answer at once.</summary>
    public bool ClientStreams { get; init; } = true;

    /// <summary>How a service that speaks OpenAI is asked.</summary>
    internal StreamForm Form { get; init; }

    /// <summary>
    /// Whether the body may set num_ctx and the other options that make Ollama reload the model (its scheduler's needsReload). Default
    /// false: they come from <see cref="Defaults"/> only, and those in the body are dropped and reported.
    /// </summary>
    public bool AllowRunnerOptions { get; init; }

    /// <summary>What the model thinks is told in its text (<c>merge_reasoning_content_in_choices</c>). Default false: in a field of its own.</summary>
    public bool MergesThoughts { get; init; }

    /// <summary>What becomes of parameters that the provider does not support.</summary>
    public ParameterRules Parameters { get; init; } = ParameterRules.Default;

    /// <summary>Which certificates are taken from the server.</summary>
    public UpstreamTrust Trust { get; init; } = UpstreamTrust.OfTheSystem;

    public UpstreamAccount Account { get; init; } = UpstreamAccount.None;

    /// <summary>The most tokens the model can write, where that is known: for services that want a limit in every request.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Extra request headers; they win over those that the dialect sets.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Whose request it is, so that nobody is given what was kept for another; null: nobody has said who it is.</summary>
    public string? Caller { get; init; }

    /// <summary>The client's own <c>anthropic-beta</c>, for Anthropic alone; null: none.</summary>
    public string? AnthropicBeta { get; init; }

    /// <summary>The client speaks Anthropic's words: an answer in them tells what OpenAI's cannot hold beside what they can.</summary>
    public bool SpeaksAnthropic { get; init; }

    /// <summary>Models that Anthropic may ask by itself where this one declines, as JSON; empty: none.</summary>
    public ReadOnlyMemory<byte> AnthropicFallbacks { get; init; }

    /// <summary>W3C trace context for the upstream; null: none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The tracestate beside it; null: none.</summary>
    public string? TraceState { get; init; }

    public UpstreamTimeouts Timeouts { get; init; } = new();

    internal UpstreamRequest In(StreamForm form) => form == Form ? this : this with { Form = form };
}

/// <summary>How long to wait for what. <see cref="Timeout.InfiniteTimeSpan"/> is for ever.</summary>
public sealed record UpstreamTimeouts
{
    /// <summary>Until the request can be written to a connection. Default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the start of the call to the first chunk with payload; loading a model is part of it. Default 300 s.</summary>
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Silence between two chunks after that, while somebody waits for the next one. Default 120 s.</summary>
    public TimeSpan BetweenTokens { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The whole call. Default 6000 s, LiteLLM's request_timeout.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromSeconds(6000);
}
