namespace OrleansLlm.Responses;

/// <summary>What a request of <c>/v1/responses</c> is beside the chat request that its body says.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.ResponseUse")]
public sealed record ResponseUse
{
    /// <summary>The fields of the response object that repeat the request, as one JSON object.</summary>
    [Id(0)] public required ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>The grain key that it is stored under; null: it is not stored (<c>store: false</c>).</summary>
    [Id(1)] public string? Key { get; init; }

    /// <summary>The grain key of the response that it goes on from; null: none.</summary>
    [Id(2)] public string? Previous { get; init; }

    /// <summary>It runs without its client, and how it ended is stored whatever it was.</summary>
    [Id(3)] public bool Background { get; init; }

    /// <summary><c>truncation: disabled</c>: a history that does not fit is an error and not shortened.</summary>
    [Id(4)] public bool MustFit { get; init; }

    /// <summary>The conversation has to be there: naming it does not begin one.</summary>
    [Id(5)] public bool ConversationMustExist { get; init; }

    /// <summary>The first message is the instructions of this request, and no part of what later ones go on from.</summary>
    [Id(6)] public bool HasInstructions { get; init; }
}
