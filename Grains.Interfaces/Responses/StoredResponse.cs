using OrleansLlm.Conversations;
using OrleansLlm.Inference;

namespace OrleansLlm.Responses;

/// <summary>Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.ResponseStatus")]
public enum ResponseStatus
{
    /// <summary>There is no such response.</summary>
    None = 0,

    /// <summary>In the background; its inference waits or runs.</summary>
    Running = 1,

    /// <summary>The answer is stored; whether it is whole or was cut short is in its <c>finish_reason</c>.</summary>
    Answered = 2,
    Failed = 3,
    Cancelled = 4,
}

/// <summary>One response as it is stored, but for what it went on from.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.StoredResponse")]
public sealed record StoredResponse
{
    public static StoredResponse None { get; } = new();

    [Id(0)] public ResponseStatus Status { get; init; }

    [Id(1)] public NewResponse? Head { get; init; }

    /// <summary>The <c>chat.completion</c> that answered it; empty: none.</summary>
    [Id(2)] public ReadOnlyMemory<byte> Completion { get; init; }

    /// <summary>Of a failed one.</summary>
    [Id(3)] public Failure? Failure { get; init; }

    /// <summary>There is none because somebody has erased it, not long ago; not because its time is over, or others needed its room.</summary>
    [Id(50)] public bool Erased { get; init; }
}

/// <summary>What is known of a response when it begins.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.NewResponse")]
public sealed record NewResponse
{
    /// <summary>Whose list it is on: the user grain's key.</summary>
    [Id(0)] public required string User { get; init; }

    /// <summary>The public name of the model.</summary>
    [Id(1)] public required string Model { get; init; }

    /// <summary>Seconds since 1970.</summary>
    [Id(2)] public required long CreatedAt { get; init; }

    /// <summary>See <see cref="ResponseUse.Request"/>.</summary>
    [Id(3)] public required ReadOnlyMemory<byte> Request { get; init; }

    [Id(4)] public bool Background { get; init; }

    /// <summary>Of one in the background, until it is answered: the request's new messages, as in <see cref="ConversationTurn.Asked"/>. Empty: not told, or too large to be kept.</summary>
    [Id(50)] public ReadOnlyMemory<byte> Input { get; init; }

    public static NewResponse Of(InferenceRequest request) => new()
    {
        User = request.User,
        Model = request.Model,
        CreatedAt = request.Created,
        Request = request.Response!.Request,
        Background = request.Response.Background,
    };
}
