using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Endurance;

internal enum ChaosKind
{
    /// <summary>A container's process ends; it comes back at the same address.</summary>
    Death,

    /// <summary>A container misbehaves, in one way, so many times.</summary>
    Misbehaviour,

    /// <summary>The store's file system has no byte left.</summary>
    StoreFull,

    /// <summary>Somebody else holds the store's file locked: it cannot be written.</summary>
    StoreLocked,

    /// <summary>Very many clients come at once; most leave soon.</summary>
    Storm,

    /// <summary>The configuration changes.</summary>
    Reload,

    /// <summary>SIGKILL to the gateway, which is started again.</summary>
    Kill,

    /// <summary>The same, and the store's file system is read-only until later.</summary>
    KillAndReadOnly,
}

/// <param name="At">When it begins.</param>
/// <param name="For">How long it lasts, where it lasts.</param>
/// <param name="Backend">Whom it hits, where it hits one.</param>
/// <param name="Fault">Of a misbehaviour.</param>
internal sealed record ChaosEvent(TimeSpan At, TimeSpan For, ChaosKind Kind, int Backend, Fault? Fault);

/// <summary>What happens when. The same seed gives the same plan; each kind comes up before one comes up again.</summary>
internal static class ChaosPlan
{
    private static readonly FaultKind[] Misbehaviours =
    [
        FaultKind.Hang, FaultKind.Stall, FaultKind.Garbage, FaultKind.GarbledJson, FaultKind.Status, FaultKind.ResetMidStream, FaultKind.Truncate, FaultKind.ErrorEvent, FaultKind.WrongContentType, FaultKind.EndlessLine,
    ];

    /// <summary>All that there is.</summary>
    public static readonly ChaosKind[] Everything = Enum.GetValues<ChaosKind>();

    /// <summary>All that a gateway survives whose state is in its memory.</summary>
    public static readonly ChaosKind[] WithoutStore = [.. Everything.Except([ChaosKind.StoreFull, ChaosKind.StoreLocked, ChaosKind.Kill, ChaosKind.KillAndReadOnly])];

    public static IReadOnlyList<ChaosEvent> Of(int seed, TimeSpan duration, int backends, ChaosKind[] kinds)
    {
        var chance = new Random(seed);
        var plan = new List<ChaosEvent>();
        var deck = new Queue<ChaosKind>();
        for (var at = TimeSpan.FromSeconds(2); ; at += TimeSpan.FromSeconds(0.5 + (3 * chance.NextDouble())))
        {
            if (deck.Count == 0) deck = new(Deal(kinds, chance));
            var next = new ChaosEvent(at, TimeSpan.FromSeconds(1 + (5 * chance.NextDouble())), deck.Dequeue(), chance.Next(backends), null);
            if (next.Kind == ChaosKind.Misbehaviour) next = next with { Fault = Mischief.Of(Misbehaviours[chance.Next(Misbehaviours.Length)], chance) with { Count = chance.Next(1, 15) } };
            if (next.At + next.For > duration) return plan;
            plan.Add(next);
        }
    }

    /// <summary>Containers fail more often than machines.</summary>
    private static ChaosKind[] Deal(ChaosKind[] kinds, Random chance)
    {
        ChaosKind[] deck = [.. kinds, ChaosKind.Death, ChaosKind.Misbehaviour, ChaosKind.Misbehaviour, ChaosKind.Misbehaviour];
        chance.Shuffle(deck);
        return deck;
    }
}
