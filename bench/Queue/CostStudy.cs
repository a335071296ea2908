using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Bench.Queue;

/// <summary>What one operation costs while so many wait.</summary>
internal static class CostStudy
{
    /// <returns>Microseconds for a request to join, for another to be withdrawn, and for a grant, together; and for everybody's place, once.</returns>
    public static (double Operation, double AllPlaces) Run(int waiting, int users, int operations)
    {
        var rules = new BackendRules(new BackendOptions { Name = "b", Url = new Uri("http://b"), Provider = "ollama", MaxQueue = int.MaxValue, QueueTimeout = TimeSpan.FromDays(1000), Lease = TimeSpan.FromDays(1000) });
        var holder = "0";
        rules.TryAcquire(Ask(0, users), TimeSpan.Zero);
        for (var i = 1; i <= waiting; i++) rules.Enqueue(Ask(i, users), TimeSpan.Zero);
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < operations; i++)
        {
            rules.Enqueue(Ask(waiting + 1 + 2 * i, users), TimeSpan.Zero);
            rules.Enqueue(Ask(waiting + 2 + 2 * i, users), TimeSpan.Zero);
            rules.Release(new SlotRelease { RequestId = $"{waiting + 1 + 2 * i}", Outcome = SlotOutcome.Withdrawn }, TimeSpan.Zero);
            rules.Release(new SlotRelease { RequestId = holder, Outcome = SlotOutcome.Succeeded }, TimeSpan.Zero);
            holder = rules.TakeEffects().Last(e => e.Answer is SlotGranted).RequestId;
        }

        var perOperation = TimeProvider.System.GetElapsedTime(started).TotalMicroseconds / operations / 2;
        started = TimeProvider.System.GetTimestamp();
        _ = rules.Places(TimeSpan.Zero).Count();
        return (perOperation, TimeProvider.System.GetElapsedTime(started).TotalMicroseconds);
    }

    private static SlotRequest Ask(int i, int users) => new() { RequestId = $"{i}", User = $"u{i % users}", Model = "m", Weight = 1 + i % users % 3 };
}
