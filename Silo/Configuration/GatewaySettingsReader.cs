using System.Collections.Immutable;
using System.Globalization;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings</c>: what LiteLLM has no word for.</summary>
internal static class GatewaySettingsReader
{
    public static GatewayDraft Read(ConfigSection s, Func<string, string?> variable, TimeSpan? ledgerRetention)
    {
        var cluster = s.Map("cluster");
        var draft = new GatewayDraft
        {
            Cluster = ClusterReader.Read(cluster is null ? null : new ConfigSection(cluster, s.PathOf("cluster"), s.Report), variable),
            DrainTimeout = s.Seconds("drain_timeout", 0),
            StopDelay = s.Seconds("stop_delay", 0),
            Prices = PriceFile.Read(s),
            DefaultModel = s.String("default_model", note: "serves requests that name no model"),
            ClientStallTimeout = s.Seconds("client_stall_timeout"),
            QueueProgressInterval = s.Seconds("queue_progress_interval"),
            AllowRunnerOptions = s.Bool("allow_runner_options"),
            AllowLinkLocalBackends = s.Bool("allow_link_local_backends"),
            Connect = s.Seconds("connect_timeout"),
            FirstToken = s.Seconds("first_token_timeout"),
            BetweenTokens = s.Seconds("between_tokens_timeout"),
            MaxStream = s.Seconds("max_stream_duration") ?? OfLiteLlm(variable("LITELLM_MAX_STREAMING_DURATION_SECONDS")),
            Transport = ReadTransport(s),
            Resumable = ReadResumable(s),
            Conversations = ConversationReader.Read(s),
            Cache = CacheReader.ReadBounds(s),
            Limits = LimitsReader.Read(s),
            Ledger = LedgerReader.Read(s, ledgerRetention),
            Telemetry = TelemetryReader.Read(s),
            Connections = ConnectionReader.Read(s),
            Access = AccessReader.Read(s, variable),
            Audit = AccessReader.ReadAudit(s),
            Queue = QueueReader.Read(s),
            Backends = ReadBackends(s),
            Models = ModelOptionsReader.Read(s),
        };
        s.Finish();
        return draft;
    }

    private static TimeSpan? OfLiteLlm(string? seconds) =>
        double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out var given) && given is > 0 and < 2_592_000 ? TimeSpan.FromSeconds(given) : null;

    private static TokenTransport? ReadTransport(ConfigSection s)
    {
        if (s.Take("token_transport") is not { } entry || entry.Value is ConfigScalar { Text: null }) return null;
        TokenTransport? transport = (entry.Value as ConfigScalar)?.Text switch
        {
            "enumerable" => TokenTransport.Enumerable,
            "stream" => TokenTransport.Stream,
            _ => null,
        };
        if (transport is null) s.Wrong<string>(entry, "enumerable or stream");
        else s.Report.Honoured(s.PathOf(entry.Key), entry.Line);
        return transport;
    }

    private static ResumableOptions? ReadResumable(ConfigSection s)
    {
        if (s.Map("resumable") is not { } map) return null;
        var path = s.PathOf("resumable");
        s.Report.Honoured(path, map.Line);
        var section = new ConfigSection(map, path, s.Report);
        var defaults = new ResumableOptions();
        var options = new ResumableOptions
        {
            Ttl = section.Seconds("ttl", 1) ?? defaults.Ttl,
            MaxBytes = (long?)section.Number("max_bytes", 1024) ?? defaults.MaxBytes,
            MaxTotalBytes = (long?)section.Number("max_total_bytes", 1024) ?? defaults.MaxTotalBytes,
        };
        section.Finish();
        return options;
    }

    private static List<BackendDraft> ReadBackends(ConfigSection s)
    {
        var backends = new List<BackendDraft>();
        if (s.Map("backends") is not { } map) return backends;
        var path = s.PathOf("backends");
        s.Report.Honoured(path, map.Line);
        foreach (var entry in map.Entries)
        {
            var backendPath = $"{path}.{entry.Key}";
            if (!Addresses.TryParse(entry.Key, out var url))
            {
                s.Report.Error(backendPath, entry.Line, "expected the address of a backend as the key");
            }
            else if (entry.Value is not ConfigMap options)
            {
                s.Report.Error(backendPath, entry.Line, $"expected a mapping like {{slots: 2}}, found {entry.Value.Describe()}");
            }
            else
            {
                var section = new ConfigSection(options, backendPath, s.Report, knownAs: path + ".*");
                backends.Add(new BackendDraft(url, backendPath, entry.Line)
                {
                    Slots = section.Int("slots", 1, 1_000_000),
                    Queue = QueueReader.ReadBounds(section),
                    Lease = section.Seconds("lease", 1),
                    AllowedFails = section.Int("allowed_fails"),
                    Cooldown = CooldownReader.Read(section),
                    HealthInterval = section.Seconds("health_interval", 0),
                });
                section.Finish();
            }
        }

        return backends;
    }
}

internal sealed record GatewayDraft
{
    public ClusterSettings Cluster { get; init; } = new();

    public TimeSpan? DrainTimeout { get; init; }

    public TimeSpan? StopDelay { get; init; }

    public string? DefaultModel { get; init; }

    public TimeSpan? ClientStallTimeout { get; init; }

    public TimeSpan? QueueProgressInterval { get; init; }

    public bool? AllowRunnerOptions { get; init; }

    public bool? AllowLinkLocalBackends { get; init; }

    public TimeSpan? Connect { get; init; }

    public TimeSpan? FirstToken { get; init; }

    public TimeSpan? BetweenTokens { get; init; }

    public TokenTransport? Transport { get; init; }

    public ResumableOptions? Resumable { get; init; }

    public ConversationOptions? Conversations { get; init; }

    public CacheBounds? Cache { get; init; }

    public LimitOptions? Limits { get; init; }

    public LedgerOptions? Ledger { get; init; }

    public TelemetryDraft Telemetry { get; init; } = new();

    /// <summary>All of a stream.</summary>
    public TimeSpan? MaxStream { get; init; }

    public PriceFile Prices { get; init; } = PriceFile.None;

    public ConnectionOptions? Connections { get; init; }

    public AccessOptions Access { get; init; } = new();

    public AuditOptions? Audit { get; init; }

    public QueueDraft Queue { get; init; } = new();

    public List<BackendDraft> Backends { get; init; } = [];

    public ImmutableDictionary<string, ModelOptions> Models { get; init; } = ImmutableDictionary<string, ModelOptions>.Empty;
}

/// <summary>What <c>gateway_settings.backends</c> says of one address; null: not said.</summary>
internal sealed record BackendDraft(Uri Url, string Path, int Line)
{
    public int? Slots { get; init; }

    public QueueDraft Queue { get; init; } = new();

    public TimeSpan? Lease { get; init; }

    public int? AllowedFails { get; init; }

    public TimeSpan? Cooldown { get; init; }

    public TimeSpan? HealthInterval { get; init; }
}
