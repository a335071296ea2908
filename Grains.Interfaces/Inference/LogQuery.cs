namespace OrleansLlm.Inference;

/// <summary>Asks for a page of an inference's log.</summary>
/// <param name="From">Number of the first event wanted. All before it have arrived and, where the log is one reader's alone, are forgotten.</param>
/// <param name="Max">Most events wanted; the grain has a bound of its own. 0 only tells that the reader is there and where it is.</param>
/// <param name="Caller">Who resumes; null for the first reader.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.LogQuery")]
public sealed record LogQuery(
    [property: Id(0)] long From,
    [property: Id(1)] int Max,
    [property: Id(2)] string? Caller);
