using System.Diagnostics.Metrics;

namespace OrleansLlm.Telemetry;

/// <summary>Everything that one process measures. Each process of a cluster has its own, and none of them counts what another one does.</summary>
public sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "OrleansLlm";

    internal static readonly string? Version = typeof(GatewayMetrics).Assembly.GetName().Version?.ToString(3);

    private readonly MetricSet _set;

    public GatewayMetrics()
    {
        Meter = new Meter(MeterName, Version);
        _set = new MetricSet(Meter);
        Http = new HttpMetrics(_set);
        Requests = new RequestMetrics(_set);
        Upstreams = new UpstreamMetrics(_set);
        Backends = new BackendMetrics(_set);
        Budgets = new BudgetMetrics(_set);
        Callbacks = new CallbackMetrics(_set);
        Ledger = new LedgerMetrics(_set);
        Process = new ProcessMetrics(_set);
    }

    public Meter Meter { get; }

    public IReadOnlyDictionary<string, MetricDefinition> Definitions => _set.Definitions;

    /// <summary>Of the front end.</summary>
    public HttpMetrics Http { get; }

    /// <summary>Of the node that ran the request.</summary>
    public RequestMetrics Requests { get; }

    /// <summary>Of the node that ran the request.</summary>
    public UpstreamMetrics Upstreams { get; }

    /// <summary>Of the node on which the backend's grain lives.</summary>
    public BackendMetrics Backends { get; }

    /// <summary>Of the node on which the grain lives that keeps the budget.</summary>
    public BudgetMetrics Budgets { get; }

    public CallbackMetrics Callbacks { get; }

    /// <summary>Of the node that ran the request.</summary>
    public LedgerMetrics Ledger { get; }

    public ProcessMetrics Process { get; }

    public void Dispose()
    {
        Process.Dispose();
        Meter.Dispose();
    }
}
