using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>One request in the queue.</summary>
internal sealed class Waiter(SlotRequest request, long number, TimeSpan arrived, TimeSpan deadline)
{
    public static readonly Comparer<Waiter> ByArrival = Comparer<Waiter>.Create((a, b) => a.Number.CompareTo(b.Number));

    public string RequestId => request.RequestId;

    public string User => request.User;

    public string Model { get; } = LoadedModels.Plain(request.Model);

    public double Weight { get; } = Math.Clamp(request.Weight, QueueLimits.LeastWeight, QueueLimits.MostWeight);

    /// <summary>In how many queues the request waits at once; each of them serves it with about one part in so many.</summary>
    public int Queues { get; } = Math.Max(1, request.Queues);

    public SlotRequest Request => request;

    /// <summary>Counts the arrivals.</summary>
    public long Number => number;

    public TimeSpan Arrived => arrived;

    public TimeSpan Deadline => deadline;

    /// <summary>The priority it has reached: its own, less what its waiting has earned it. 0 is served first.</summary>
    public int Level { get; set; } = Math.Clamp(request.Priority, 0, QueueLimits.LowestPriority);

    /// <summary>When it was first passed over for a request whose model is loaded; null: never.</summary>
    public TimeSpan? PassedOverSince { get; set; }

    /// <summary>It has left the queue.</summary>
    public bool Gone { get; set; }
}
