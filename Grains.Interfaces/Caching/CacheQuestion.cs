using OrleansLlm.Inference;

namespace OrleansLlm.Caching;

/// <summary>Asks for an answer that is stored or on its way.</summary>
/// <param name="Terms">What else must be equal for two requests to share one inference: its form, and the terms on which it waits and is tried again.</param>
/// <param name="MaxAge">Of a stored answer; null: any.</param>
/// <param name="LostRun">An inference that the asker was sent to and that is not there any more; null: none.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CacheQuestion")]
public sealed record CacheQuestion(
    [property: Id(0)] string Terms,
    [property: Id(1)] TimeSpan? MaxAge,
    [property: Id(2)] string? LostRun);

/// <summary>Offers to begin the inference that others may join.</summary>
/// <param name="RunId">Chosen by the asker: the key of its <see cref="ISharedInferenceGrain"/>.</param>
/// <param name="Reader">The asker, which is the first reader.</param>
/// <param name="Anew">Not to be sent to an inference that runs already.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CacheOffer")]
public sealed record CacheOffer(
    [property: Id(0)] string Terms,
    [property: Id(1)] string RunId,
    [property: Id(2)] string Reader,
    [property: Id(3)] InferenceRequest Request,
    [property: Id(4)] bool Anew);

[GenerateSerializer, Immutable, Alias("OrleansLlm.CacheReply")]
public abstract record CacheReply;

/// <summary>Nothing stored, nothing to join.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CacheNothing")]
public sealed record CacheNothing : CacheReply
{
    public static CacheNothing Instance { get; } = new();
}

[GenerateSerializer, Immutable, Alias("OrleansLlm.CacheStored")]
public sealed record CacheStored([property: Id(0)] CachedAnswer Answer) : CacheReply;

/// <summary>The inference to read.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.CacheRunning")]
public sealed record CacheRunning([property: Id(0)] string RunId) : CacheReply;
