using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansLlm.Telemetry;

/// <summary>Slots, queues and circuits, as the grain that decides about them sees them. Its readings are asked for when somebody looks.</summary>
public sealed class BackendMetrics
{
    private static readonly string[] Deployment = ["litellm_model_name", "model_id", "api_base", "api_provider"];

    private readonly ConcurrentDictionary<string, BackendGauge> _shown = new(StringComparer.Ordinal);

    public BackendMetrics(MetricSet set)
    {
        Show(set, "orleansllm_backend_slots", "Slots of a backend", r => r.Slots);
        Show(set, "orleansllm_backend_slots_used", "Slots that are leased", r => r.Running);
        Show(set, "orleansllm_queue_depth", "Requests that wait for a slot", r => r.Waiting);
        Show(set, "orleansllm_queue_share", "Requests that wait for a slot, each counted for the part of it that falls to this queue: one that waits in four is a quarter of one in each", r => r.WaitingShare);
        Show(set, "orleansllm_queue_users", "Users who wait for a slot", r => r.Users);
        Show(set, "orleansllm_queue_fairness_lag", "Grants by which the worst-off of those who wait is behind an equal share by weight", r => r.FairnessLag);
        Show(set, "orleansllm_circuit_state", "0 closed, 1 half open, 2 open", r => r.Circuit);
        Show(set, "orleansllm_backend_up", "1: its last health probe was answered, 0: it was not; absent: it is not probed", r => r.Up is { } up ? up ? 1 : 0 : null);
        Show(set, "orleansllm_backend_draining", "1: it takes nothing new", r => r.Draining ? 1 : 0);
        set.Observed("litellm_deployment_state", "0 healthy, 1 its backend's circuit is half open, 2 it is sidelined, its backend's circuit is open or its health probe unanswered", Deployment, States);
        Grants = set.Counter("orleansllm_slot_grants", "", "Slots granted", "backend");
        Refusals = set.Counter("orleansllm_slot_refusals", "", "Requests refused by a backend, by reason", "backend", "reason");
        QueueWait = set.Histogram("orleansllm_queue_wait_seconds", "s", "Time in a queue until a slot was granted; 0 for a slot that was free", Buckets.Wait, "backend");
        LeasesExpired = set.Counter("orleansllm_leases_expired", "", "Leases taken back because their holder was silent", "backend");
        CooledDown = set.Counter("litellm_deployment_cooled_down", "", "Times a deployment was sidelined, or its backend's circuit has opened", Deployment);
    }

    public CounterMetric Grants { get; }

    public CounterMetric Refusals { get; }

    public HistogramMetric QueueWait { get; }

    public CounterMetric LeasesExpired { get; }

    public CounterMetric CooledDown { get; }

    /// <summary>Shows a backend until the result is disposed of: its grain lives here.</summary>
    /// <param name="now">The clock of <see cref="DeploymentGauge.SidelinedUntil"/>.</param>
    public BackendGauge Open(string backend, Func<TimeSpan> now)
    {
        var gauge = new BackendGauge(backend, now, gone => _shown.TryRemove(new(gone.Backend, gone)));
        _shown[backend] = gauge;
        return gauge;
    }

    private void Show(MetricSet set, string name, string help, Func<BackendReading, double?> value) => set.Observed(name, help, ["backend"], () => Read(value));

    private IEnumerable<Measurement<double>> Read(Func<BackendReading, double?> value)
    {
        foreach (var (backend, gauge) in _shown)
        {
            if (gauge.Reading is { } reading && value(reading) is { } shown) yield return new Measurement<double>(shown, new KeyValuePair<string, object?>("backend", backend));
        }
    }

    private IEnumerable<Measurement<double>> States() =>
        from gauge in _shown.Values
        let reading = gauge.Reading
        where reading is not null
        from deployment in gauge.Deployments
        let isAway = reading.Up is false || deployment.SidelinedUntil > gauge.Now
        select new Measurement<double>(isAway ? 2 : reading.Circuit, MetricTags.Of([.. Deployment], deployment.Labels));
}

/// <summary>Where one backend's grain leaves what is so with it.</summary>
public sealed class BackendGauge(string backend, Func<TimeSpan> now, Action<BackendGauge> close) : IDisposable
{
    public string Backend => backend;

    public TimeSpan Now => now();

    /// <summary>Null: nothing yet.</summary>
    public BackendReading? Reading { get; set; }

    public IReadOnlyList<DeploymentGauge> Deployments { get; set; } = [];

    public void Dispose() => close(this);
}

/// <param name="Labels">Configured model, id, address, dialect.</param>
/// <param name="SidelinedUntil">Null: it never was, or that was forgotten.</param>
public sealed record DeploymentGauge(string[] Labels, TimeSpan? SidelinedUntil = null);

/// <param name="Circuit">0 closed, 1 half open, 2 open.</param>
/// <param name="Up">Null: not probed.</param>
public sealed record BackendReading(int Slots, int Running, int Waiting, int Users, double FairnessLag, int Circuit, bool? Up, bool Draining, double WaitingShare);
