namespace OrleansLlm.Bench.Gateways;

/// <summary>A gateway that the bench can start.</summary>
internal interface IGatewayKind
{
    string Name { get; }

    /// <summary>Whether it queues in front of backends with one slot; one that only forwards has no place in that scenario.</summary>
    bool Queues { get; }

    /// <summary>Starts the process, in a folder of its own. It need not answer yet.</summary>
    Launched Launch(string folder);

    /// <summary>What is still to do once it answers.</summary>
    Task<Target> ReadyAsync(Launched launched);
}

/// <param name="Address">Where it will answer.</param>
/// <param name="Key">What it takes from the first moment on.</param>
internal sealed record Launched(ChildProcess Process, Uri Address, string Key);
