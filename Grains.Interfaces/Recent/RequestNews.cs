using System.Collections.Immutable;

namespace OrleansLlm.Recent;

/// <summary>What those who watch are told of requests that have ended.</summary>
/// <param name="Stories">In the order in which they ended, as far as that is known. None: there is nothing new, and the stream flows.</param>
/// <param name="Ring">Whose count <paramref name="Before"/> is; another one wherever the grain begins anew.</param>
/// <param name="Before">How many ended before these: where it is more than was told, some were lost on the way.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.RequestNews")]
public sealed record RequestNews(
    [property: Id(0)] ImmutableArray<RequestStory> Stories,
    [property: Id(1)] long Ring,
    [property: Id(2)] long Before);
