using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Caching;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Limits;
using OrleansLlm.Responses;

namespace OrleansLlm.Inference;

/// <summary>What Api hands to the cluster. The body stays bytes.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.InferenceRequest")]
public sealed record InferenceRequest
{
    /// <summary>The public model name as the client wrote it, or the configured default.</summary>
    [Id(0)] public required string Model { get; init; }

    /// <summary>The user grain's key.</summary>
    [Id(1)] public required string User { get; init; }

    /// <summary>The client's JSON object, valid UTF-8.</summary>
    [Id(2)] public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The client asked for server-sent events.</summary>
    [Id(3)] public required bool Stream { get; init; }

    /// <summary><c>stream_options.include_usage</c>.</summary>
    [Id(4)] public bool IncludeUsage { get; init; }

    /// <summary>Seconds since 1970, for the <c>created</c> field of every chunk.</summary>
    [Id(5)] public required long Created { get; init; }

    /// <summary>W3C trace context of the caller; Activity does not flow through grain calls.</summary>
    [Id(6)] public string? TraceParent { get; init; }

    /// <summary><c>disable_fallbacks: true</c> in the body.</summary>
    [Id(7)] public bool DisableFallbacks { get; init; }

    /// <summary>
    /// What one wait for a slot and one upstream call may take, from <c>x-litellm-timeout</c> or the body's <c>timeout</c>; null: the
    /// deployment's. As in LiteLLM each attempt has it anew, so that a fallback can still answer what has timed out.
    /// </summary>
    [Id(8)] public TimeSpan? Timeout { get; init; }

    /// <summary>From <c>x-litellm-num-retries</c> or the body's <c>num_retries</c>; null: the configured one.</summary>
    [Id(9)] public int? Retries { get; init; }

    /// <summary>The one caller who may resume the answer (<c>x-resumable: true</c>); null: it ends with its reader and is not kept.</summary>
    [Id(10)] public string? ResumableBy { get; init; }

    /// <summary>The hash of the API key that was presented; null: none was.</summary>
    [Id(11)] public string? Key { get; init; }

    /// <summary>Tokens of the prompt, by the length of its texts.</summary>
    [Id(12)] public long PromptEstimate { get; init; }

    /// <summary>Tokens that the client lets the model write, all choices together; null: it says nothing.</summary>
    [Id(13)] public long? MaxOutputTokens { get; init; }

    /// <summary>On which terms it waits for a slot.</summary>
    [Id(14)] public QueueTerms Queue { get; init; } = QueueTerms.Default;

    /// <summary>The body's <c>fallbacks</c>, in place of the configured ones; empty: the configured ones.</summary>
    [Id(15)] public ImmutableArray<FallbackTarget> Fallbacks { get; init; } = [];

    /// <summary>The body's <c>max_fallbacks</c>; null: the configured one.</summary>
    [Id(16)] public int? MaxFallbacks { get; init; }

    /// <summary>Time to the first token of a stream, from <c>x-litellm-stream-timeout</c> or the body's <c>stream_timeout</c>; null: the deployment's.</summary>
    [Id(17)] public TimeSpan? FirstTokenTimeout { get; init; }

    /// <summary>The limits that a virtual key, its user and its team have of their own, the narrowest first.</summary>
    [Id(18)] public ImmutableArray<LimitedScope> Scopes { get; init; } = [];

    /// <summary>The stored conversation it is a turn of (<c>x-conversation-id</c>, or the body's <c>conversation_id</c>); null: of none.</summary>
    [Id(19)] public ConversationUse? Conversation { get; init; }

    [Id(20)] public InferenceKind Kind { get; init; }

    /// <summary>The alias of the virtual key; null: it has none, or no virtual key was presented.</summary>
    [Id(21)] public string? KeyAlias { get; init; }

    /// <summary>The team of the virtual key or its user; null: the team that is configured for the user, if any.</summary>
    [Id(22)] public string? Team { get; init; }

    /// <summary>Null: the cache is off, or not for this request.</summary>
    [Id(26)] public CacheUse? Cache { get; init; }

    /// <summary>What it is as a request of <c>/v1/responses</c>; null: it is none.</summary>
    [Id(29)] public ResponseUse? Response { get; init; }

    /// <summary>W3C tracestate that belongs to <see cref="TraceParent"/>; null: none.</summary>
    [Id(35)] public string? TraceState { get; init; }

    /// <summary>The client's <c>anthropic-beta</c>, a list of flags for Anthropic's own models; null: none.</summary>
    [Id(36)] public string? AnthropicBeta { get; init; }

    /// <summary>The client speaks Anthropic's words and asks for models of Anthropic's alone: the answer has what only these two know.</summary>
    [Id(37)] public bool SpeaksAnthropic { get; init; }

    /// <summary>Of which kind the failure is that the model it asks for has without being asked (<c>mock_testing_fallbacks</c>); null: none.</summary>
    [Id(60)] public FallbackKind? SimulatedFailure { get; init; }

    /// <summary>Its own tags and those of its key and team; empty where deployments are not chosen by tags.</summary>
    [Id(70)] public ImmutableArray<string> Tags { get => field.IsDefault ? [] : field; init; }

    /// <summary>Whether what the model thinks is told in its text, from the body, or because the client's API has a place for it; null: as its deployment says.</summary>
    [Id(71)] public bool? MergesThoughts { get; init; }

    /// <summary>
    /// <see cref="Body"/> without what only Claude has words for, for those who stand in and are none: in Anthropic's words if <see cref="SpeaksAnthropic"/>, else in any. Empty:
    /// the body is everybody's.
    /// </summary>
    [Id(72)] public ReadOnlyMemory<byte> Plain { get; init; }

    /// <summary>Anthropic's own <c>fallbacks</c>, as JSON, that the client's key may have; never from a body, where anybody could write them. Empty: none.</summary>
    [Id(73)] public ReadOnlyMemory<byte> AnthropicFallbacks { get; init; }

    /// <summary>What this deployment is asked.</summary>
    public ReadOnlyMemory<byte> BodyFor(Deployment deployment) => Plain.IsEmpty || deployment.Understands(SpeaksAnthropic) ? Body : Plain;

    /// <summary>The same, whoever is asked.</summary>
    public InferenceRequest Edited(Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> edit) => this with { Body = edit(Body), Plain = Plain.IsEmpty ? Plain : edit(Plain) };
}
