using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Conversations;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Doors;

/// <summary>A client's request as the cluster understands it.</summary>
/// <param name="Body">OpenAI's request of the door's kind: the client's own bytes, or what they mean.</param>
/// <param name="Fields">What the gateway itself acts on.</param>
internal sealed record DoorRequest(ReadOnlyMemory<byte> Body, ChatFields Fields)
{
    /// <summary>The stored conversation that it names in its own way; null: in none, but the headers and the fields may.</summary>
    public ConversationUse? Conversation { get; init; }

    /// <summary>Of <c>/v1/responses</c> only.</summary>
    public ResponseUse? Response { get; init; }

    /// <summary>See <see cref="InferenceRequest.Plain"/>.</summary>
    public ReadOnlyMemory<byte> Plain { get; init; }

    /// <summary>Null: the door's own.</summary>
    public InferenceKind? Kind { get; init; }

    /// <summary>Parameters of the client's that OpenAI's request has no word for, for <c>x-dropped-params</c>.</summary>
    public IReadOnlyList<string> Dropped { get; init; } = [];

    /// <summary>Flags for Anthropic's own models, of its door and of the chat completions'; null: none.</summary>
    public string? AnthropicBeta { get; init; }

    /// <summary>Of Anthropic's door only: its own models alone are behind the name.</summary>
    public bool SpeaksAnthropic { get; init; }

    /// <summary>See <see cref="InferenceRequest.AnthropicFallbacks"/>.</summary>
    public ReadOnlyMemory<byte> AnthropicFallbacks { get; init; }

    /// <summary>The answer to a request that needs no model, but has to name one that its key may use; null: the model is asked.</summary>
    public RequestDelegate? Reply { get; init; }
}
