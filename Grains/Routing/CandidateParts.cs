using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Routing;

/// <summary>
/// Cuts the deployments of a group into parts that are used up one after the other: one for each <c>order</c>, and where one has very many, several. A request asks the first part and
/// waits there; the next one is asked only when all of it has refused, as a tier is. Pure but for the generator.
/// </summary>
internal static class CandidateParts
{
    /// <summary>So many with the same <c>order</c> are one part.</summary>
    public const int MostWhole = 64;

    /// <summary>Deployments in a part of more than those. Waiting in 32 queues is as good as waiting in all: the first of them that is free takes the request.</summary>
    public const int Size = 32;

    /// <param name="conversation">The same for all requests of one conversation: half of its first part is always the same then, and a backend in it that has the conversation is found again. Null: it is none.</param>
    public static List<CandidatePart> Of(IReadOnlyList<Deployment> group, IRoutingStrategy strategy, StrategyArguments arguments, Random random, ulong? conversation)
    {
        var parts = new List<CandidatePart>();
        // Deployments without an order come last.
        foreach (var tier in group.GroupBy(d => d.Order ?? int.MaxValue).OrderBy(tier => tier.Key))
        {
            List<Deployment> same = [.. tier];
            if (strategy.IsStrict || same.Count <= MostWhole) parts.Add(new CandidatePart(same, Asked: true));
            else parts.AddRange(Drawn(same, strategy, arguments, random, conversation).Chunk(Size).Select((part, number) => new CandidatePart(part, Asked: number == 0)));
        }

        return parts;
    }

    /// <summary>In the order of the strategy as far as it knows one without asking: by weight or price, else by chance.</summary>
    private static IEnumerable<Deployment> Drawn(List<Deployment> same, IRoutingStrategy strategy, StrategyArguments arguments, Random random, ulong? conversation)
    {
        List<CandidateState> unknown = same.ConvertAll(d => new CandidateState(d, null));
        var drawn = strategy.Order(unknown, arguments, random).Select(s => s.Deployment);
        if (conversation is not { } seed) return drawn;
        var own = strategy.Order(unknown, arguments, new Random((int)(seed ^ (seed >> 32)))).Take(Size / 2).Select(s => s.Deployment);
        return own.Concat(drawn).Distinct(ReferenceEqualityComparer.Instance).Cast<Deployment>();
    }
}

/// <param name="Asked">Whether the backends of these are worth asking before any of them is tried.</param>
internal sealed record CandidatePart(IReadOnlyList<Deployment> Deployments, bool Asked);
