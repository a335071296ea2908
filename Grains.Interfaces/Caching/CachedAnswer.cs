namespace OrleansLlm.Caching;

/// <summary>One stored answer, whole: it is told as a stream to whoever asks for one.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CachedAnswer")]
public sealed record CachedAnswer
{
    /// <summary>A <c>chat.completion</c> in UTF-8.</summary>
    [Id(0)] public required ReadOnlyMemory<byte> Json { get; init; }

    [Id(1)] public required long PromptTokens { get; init; }

    [Id(2)] public required long CompletionTokens { get; init; }

    /// <summary>The tokens are what the answer looks like: the backend did not tell.</summary>
    [Id(3)] public bool Estimated { get; init; }

    [Id(4)] public required DateTimeOffset StoredAt { get; init; }

    [Id(5)] public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Of the backend that wrote it.</summary>
    [Id(6)] public required string DeploymentId { get; init; }

    [Id(7)] public required string ModelGroup { get; init; }

    [Id(8)] public required string ApiBase { get; init; }
}
