namespace OrleansLlm.Providers;

/// <summary>What a chunk carries.</summary>
[Flags]
public enum ChunkKind
{
    /// <summary>A role, an empty delta or only metadata.</summary>
    None = 0,

    /// <summary>Something of the answer: content, reasoning, a tool call, a refusal… The first such chunk is the first token.</summary>
    Payload = 1,

    /// <summary>The usage chunk: <c>choices</c> is empty and <c>usage</c> is not null.</summary>
    UsageOnly = 2,
}

/// <summary>One chat.completion.chunk.</summary>
/// <param name="Json">One JSON object in UTF-8, without SSE framing. The memory is the chunk's own: it may be kept.</param>
/// <param name="FinishReason">The finish reason in it: stop, length, tool_calls, content_filter, function_call or what the upstream
/// said.</param>
public readonly record struct UpstreamChunk(ReadOnlyMemory<byte> Json, ChunkKind Kind, string? FinishReason)
{
    /// <summary>
    /// Set where the chunk adds nothing to those before it but this text: more of the content of <see cref="Choice"/>, with the escapes of JSON
    /// and without its quotes. Empty: look into <see cref="Json"/>.
    /// </summary>
    public ReadOnlyMemory<byte> MoreText { get; init; }

    /// <summary>Of <see cref="MoreText"/>.</summary>
    public int Choice { get; init; }

    public bool HasPayload => (Kind & ChunkKind.Payload) != 0;

    public bool IsUsageOnly => (Kind & ChunkKind.UsageOnly) != 0;
}
