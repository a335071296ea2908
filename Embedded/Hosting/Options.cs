namespace Orleans.Configuration;

/// <summary>When activations are collected and how long their beginning and end may take.</summary>
public class GrainCollectionOptions
{
    /// <summary>How often idle activations are looked for; 1 minute.</summary>
    public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an activation is idle before it is collected; 15 minutes.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The collection age of some classes, by full class name.</summary>
    public Dictionary<string, TimeSpan> ClassSpecificCollectionAge { get; set; } = [];

    /// <summary>After this the token of <c>OnActivateAsync</c> is cancelled and the activation fails; 30 seconds.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a deactivation waits for running calls, and then for <c>OnDeactivateAsync</c>; 30 seconds.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

public abstract class MessagingOptions
{
    /// <summary>A call that is not answered in this time fails with <see cref="TimeoutException"/>; 30 seconds.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

public class SiloMessagingOptions : MessagingOptions
{
    /// <summary>How many calls may wait in one activation; over it a call fails with
    /// <see cref="Runtime.LimitExceededException"/>. 10,000; 0 is no limit.</summary>
    public int MaxEnqueuedRequestsHardLimit { get; set; } = 10_000;

    /// <summary>The same for one worker of a stateless worker grain.</summary>
    public int MaxEnqueuedRequestsHardLimit_StatelessWorker { get; set; } = 10_000;
}
