using System.Collections.Immutable;

namespace OrleansLlm.Catalog;

/// <summary><c>general_settings</c> and <c>gateway_settings</c>: what concerns the gateway as a whole.</summary>
public sealed record GatewaySettings
{
    /// <summary>SHA-256 of the master key; null: the gateway is open.</summary>
    public ImmutableArray<byte>? MasterKeyHash { get; init; }

    /// <summary>What administrators store is encrypted with these; none: nobody may store anything, or in the clear where a test does.</summary>
    public StateKeys StateKeys { get; init; } = StateKeys.None;

    /// <summary>Used for requests without <c>model</c> (<c>default_model</c>, or <c>MODEL</c> in the environment); null: they are a 400.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>Default 32 MiB.</summary>
    public long MaxRequestBytes { get; init; } = 32L << 20;

    /// <summary>A client that has not taken its bytes for this long is cut. Default 20 s; must stay under the engine's enumeration expiry.</summary>
    public TimeSpan ClientStallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often a waiting request is told its position. Default 2 s.</summary>
    public TimeSpan QueueProgressInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether a request body may change options that make Ollama reload the model (<c>num_ctx</c> and the like). Default false.</summary>
    public bool AllowRunnerOptions { get; init; }

    /// <summary>Whether a streamed chat ends with its usage though its client does not ask for that. Default false.</summary>
    public bool AlwaysStreamUsage { get; init; }

    /// <summary>Whether backends may have link-local addresses, where clouds answer with a machine's own credentials. Default false.</summary>
    public bool AllowLinkLocalBackends { get; init; }

    /// <summary>How long an orderly stop waits for the answers that are running. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a process that is asked to stop serves as before, while its readiness says that it is about to. Default zero.</summary>
    public TimeSpan StopDelay { get; init; }

    public QueueOptions Queue { get; init; } = new();

    public ClusterSettings Cluster { get; init; } = new();

    /// <summary>How tokens reach the first reader. Default enumerable.</summary>
    public TokenTransport TokenTransport { get; init; } = TokenTransport.Enumerable;

    public ResumableOptions Resumable { get; init; } = new();

    public ConversationOptions Conversations { get; init; } = new();

    public CacheOptions Cache { get; init; } = new();

    public LimitOptions Limits { get; init; } = new();

    public LedgerOptions Ledger { get; init; } = new();

    public TelemetryOptions Telemetry { get; init; } = new();

    public ConnectionOptions Connections { get; init; } = new();

    public AccessOptions Access { get; init; } = new();

    public AuditOptions Audit { get; init; } = new();

    /// <summary><c>set_verbose</c>: debug logs.</summary>
    public bool Verbose { get; init; }

    /// <summary><c>json_logs</c>: one JSON object a log line.</summary>
    public bool JsonLogs { get; init; }
}
