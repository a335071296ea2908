using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary>One endpoint with its own slots: an Ollama container, a server, or one account of a cloud service.</summary>
public sealed record BackendOptions
{
    /// <summary>The grain key: the endpoint's address, made unique where several accounts share it.</summary>
    public required string Name { get; init; }

    public required Uri Url { get; init; }

    /// <summary>The dialect used to probe it.</summary>
    public required string Provider { get; init; }

    /// <summary>The key used to probe it. Secret.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Of the deployment whose key it is: it is never shown to a server that this one would not trust.</summary>
    public ServerTrust Trust { get; init; } = ServerTrust.OfTheSystem;

    /// <summary>Simultaneous inferences. Default: 1 for Ollama, 1,000 for others.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Requests that may wait; the next one is refused. Default 1,000.</summary>
    public int MaxQueue { get; init; } = 1000;

    /// <summary>Of these, requests of one user. Default: as many.</summary>
    public int MaxQueuePerUser { get; init; } = int.MaxValue;

    /// <summary>Waiting this long raises a request's priority by one; zero: never. Default 30 s.</summary>
    public TimeSpan PriorityAgeing { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a request whose turn it is may be passed over by others whose model is loaded; zero: never. Default 10 s for Ollama, about
    /// what loading costs, and zero for others.
    /// </summary>
    public TimeSpan ModelPatience { get; init; }

    /// <summary>It loads a model when one is asked for that it has not: it is better to ask for the one it has.</summary>
    public bool LoadsModels => ModelPatience > TimeSpan.Zero;

    /// <summary>How long a request may wait for a slot. Default 600 s.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>A slot whose holder has not been heard of for this long is taken back. Default 15 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The deployments that use it.</summary>
    public ImmutableArray<Deployment> Deployments { get; init; } = [];

    /// <summary>Whether failures open the circuit and sideline deployments (<c>disable_cooldowns</c> says no). Default true.</summary>
    public bool Cools { get; init; } = true;

    /// <summary>Consecutive failures that open the circuit (<c>allowed_fails</c>). Default 3.</summary>
    public int AllowedFails { get; init; } = 3;

    /// <summary>In its place for failures of one class (<c>allowed_fails_policy</c>).</summary>
    public AllowedFailsPolicy AllowedFailsPolicy { get; init; } = AllowedFailsPolicy.None;

    /// <summary>How long an open circuit stays open before one probe is let through (<c>cooldown_time</c>). Default 5 s, as LiteLLM's.</summary>
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Period of the health probe, which never runs a model; zero: none. Default: 15 s for http endpoints, none for https.</summary>
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Without the key.</summary>
    public override string ToString() => Name;
}
