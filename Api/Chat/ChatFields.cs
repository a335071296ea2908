using System.Collections.Immutable;
using OrleansLlm.Api.Caching;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>The few fields of a chat request that the gateway itself acts on.</summary>
internal sealed record ChatFields
{
    /// <summary>Null: the configured default.</summary>
    public string? Model { get; set; }

    public bool Stream { get; set; }

    public bool IncludeUsage { get; set; }

    public string? User { get; set; }

    public bool DisableFallbacks { get; set; }

    /// <summary>Seconds.</summary>
    public double? Timeout { get; set; }

    public int? Retries { get; set; }

    /// <summary>Seconds to the first token.</summary>
    public double? StreamTimeout { get; set; }

    public int? MaxFallbacks { get; set; }

    /// <summary>Of all three fields.</summary>
    public ImmutableArray<FallbackTarget> Fallbacks { get; set; } = [];

    /// <summary><c>mock_testing_fallbacks</c> and its kind; null: not said.</summary>
    public FallbackKind? SimulatedFailure { get; set; }

    /// <summary>What it asks of LiteLLM that is not done here: a <c>mock_response</c>, which nobody makes up, or <c>guardrails</c>.</summary>
    public ImmutableArray<string> Unmet { get; set; } = [];

    /// <summary>Bytes of the texts that the model reads.</summary>
    public long PromptBytes { get; set; }

    /// <summary>Of one choice; null: not said, or said to be unlimited.</summary>
    public long? MaxTokens { get; set; }

    public long Choices { get; set; } = 1;

    /// <summary>What all choices together may write.</summary>
    public long? MaxOutputTokens => MaxTokens is { } most ? Math.Min(most, int.MaxValue) * Math.Clamp(Choices, 1, int.MaxValue) : null;

    /// <summary>0 is served first.</summary>
    public int? Priority { get; set; }

    /// <summary>Seconds.</summary>
    public double? QueueTimeout { get; set; }

    /// <summary><c>conversation_id</c>; null: not said.</summary>
    public string? Conversation { get; set; }

    /// <summary>Null: the body says nothing of the cache.</summary>
    public CacheControls? Cache { get; set; }

    /// <summary><c>merge_reasoning_content_in_choices</c>; null: not said.</summary>
    public bool? MergesThoughts { get; set; }

    /// <summary>Of <c>tags</c>, <c>metadata.tags</c> and <c>litellm_metadata.tags</c>.</summary>
    public ImmutableArray<string> Tags { get; set; } = [];

    /// <summary>What is wrong with them, for a gateway that looks at them; null: nothing.</summary>
    public RequestException? WrongTags { get; set; }

    /// <summary>A hash of all messages.</summary>
    public ulong? Turn { get; set; }

    /// <summary>A hash of the messages before the last answer: the <see cref="Turn"/> of the request that it answered.</summary>
    public ulong? Follows { get; set; }

    /// <summary>A hash of the messages before the first answer: the <see cref="Turn"/> of the first request.</summary>
    public ulong? FirstTurn { get; set; }
}
