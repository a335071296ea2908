
namespace OrleansLlm.Backends;

/// <summary>The end of a request's business with one backend, and what the backend learns from it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansLlm.SlotRelease")]
public sealed record SlotRelease
{
    [Id(0)] public required string RequestId { get; init; }

    [Id(1)] public required SlotOutcome Outcome { get; init; }

    /// <summary>Time from the upstream call to the first token; null when none came.</summary>
    [Id(2)] public TimeSpan? TimeToFirstToken { get; init; }

    [Id(3)] public int CompletionTokens { get; init; }

    /// <summary>What went wrong, for the operator; never a prompt or a key, nor what a service has said.</summary>
    [Id(4)] public string? Error { get; init; }

    /// <summary>When the upstream wants to be asked again (its Retry-After); null: it did not say.</summary>
    [Id(5)] public TimeSpan? RetryAfter { get; init; }

    /// <summary>What was used of the deployment's <c>tpm</c>.</summary>
    [Id(6)] public long PromptTokens { get; init; }

    /// <summary>With <see cref="SlotOutcome.ModelRefused"/>: the account gets no model at all, not only not this one.</summary>
    [Id(60)] public bool IsOfAccount { get; init; }

    /// <summary>With an outcome that counts: the class by which <c>allowed_fails_policy</c> counts it.</summary>
    [Id(70)] public FaultClass Class { get; init; }
}

/// <summary>Classes of a backend's faults that are counted apart. Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.FaultClass")]
public enum FaultClass
{
    /// <summary>An error of the server, or no answer that can be read.</summary>
    Server = 0,

    Timeout = 1,

    RateLimit = 2,

    /// <summary>The key was refused.</summary>
    Authentication = 3,
}

/// <summary>How the use of a slot ended. Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.SlotOutcome")]
public enum SlotOutcome
{
    /// <summary>No inference ran: another backend was faster, or the request left the queue.</summary>
    Withdrawn = 0,

    Succeeded = 1,

    /// <summary>The backend's fault; counts towards its circuit.</summary>
    Failed = 2,

    /// <summary>The client left: neither a success nor a failure of the backend.</summary>
    ClientGone = 3,

    /// <summary>The backend answered that the request is at fault: it is alive.</summary>
    CallerFault = 4,

    /// <summary>No connection: counts towards the circuit, and a probe that connects proves the contrary.</summary>
    Unreachable = 5,

    /// <summary>The key was refused: the circuit opens at once.</summary>
    KeyRefused = 6,

    /// <summary>The upstream's own rate limit (429): sidelines the deployment for <see cref="SlotRelease.RetryAfter"/>.</summary>
    RateLimited = 7,

    /// <summary>The backend lives but does not have the model, or does not let this account use it: sidelines that model of the deployment.</summary>
    ModelRefused = 8,
}
