using OrleansLlm.Catalog;

namespace OrleansLlm.Limits;

/// <summary>A scope with numbers of its own, which no configuration file knows: of a virtual key, its user or its team.</summary>
/// <param name="Scope">The key of a limit grain, or of a user's.</param>
/// <param name="Alias">Its holder's; null: it has none.</param>
/// <param name="OfStandIn">It is of a model that the request does not ask for and that may come to serve it: only then is it asked.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.LimitedScope")]
public sealed record LimitedScope([property: Id(0)] string Scope, [property: Id(1)] RateLimits Limits, [property: Id(35)] string? Alias = null, [property: Id(50)] bool OfStandIn = false);
