using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Telemetry;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Backends;

/// <summary>Measures one backend as its grain decides.</summary>
internal sealed class BackendMeter(string backend, GatewayMetrics metrics, Func<TimeSpan> now) : IDisposable
{
    private readonly BackendMetrics _metrics = metrics.Backends;
    private readonly BackendGauge _gauge = metrics.Backends.Open(backend, now);
    private ImmutableDictionary<string, TimeSpan> _sidelined = ImmutableDictionary<string, TimeSpan>.Empty;
    private double _lag;

    public void Follow(BackendOptions options)
    {
        _gauge.Deployments = [.. options.Deployments.Select(d => new DeploymentGauge([d.ConfiguredModel, d.Id, DeploymentLabels.ApiBase(d), d.Provider], UntilOf(d.Id)))];
        // What alerts ask the increase of.
        _metrics.LeasesExpired.Begin(backend);
        foreach (var deployment in _gauge.Deployments) _metrics.CooledDown.Begin(deployment.Labels);
    }

    /// <summary>A request has got its answer; a place in the queue is none.</summary>
    public void Answered(SlotAnswer answer, TimeSpan waited = default)
    {
        switch (answer)
        {
            case SlotGranted:
                _metrics.Grants.Add(1, backend);
                _metrics.QueueWait.Record(waited.TotalSeconds, backend);
                break;
            // It asks again on other terms, or has left by itself.
            case SlotRefused { Reason: RefusalReason.Busy or RefusalReason.Colder or RefusalReason.Withdrawn }:
                break;
            case SlotRefused refused:
                _metrics.Refusals.Add(1, backend, RefusalNames.Of(refused.Reason));
                break;
        }
    }

    public void LeasesExpired(long count) => _metrics.LeasesExpired.Add(count, backend);

    public void CircuitOpened()
    {
        foreach (var deployment in _gauge.Deployments) _metrics.CooledDown.Add(1, deployment.Labels);
    }

    /// <summary>Costs something for each user who waits: now and then is enough.</summary>
    public void Weigh(BackendRules rules) => _lag = rules.FairnessLag;

    /// <param name="isRemoved">Out of the configuration: it is shown as long as somebody is there yet, and nobody is woken by what it was.</param>
    public void Show(BackendRules rules, HealthState health, bool isRemoved)
    {
        if (rules.Waiting == 0) _lag = 0;
        if (!ReferenceEquals(rules.Sidelined, _sidelined)) Sideline(rules.Sidelined);
        var circuit = rules.Circuit switch { CircuitState.Open => 2, CircuitState.HalfOpen => 1, _ => 0 };
        bool? up = health == HealthState.Unknown ? null : health == HealthState.Up;
        _gauge.Reading = isRemoved && rules is { Running: 0, Waiting: 0 } ? null : new BackendReading(rules.Slots, rules.Running, rules.Waiting, rules.WaitingUsers, _lag, circuit, up, rules.Draining, rules.WaitingShare);
    }

    public void Dispose() => _gauge.Dispose();

    private void Sideline(ImmutableDictionary<string, TimeSpan> sidelined)
    {
        _sidelined = sidelined;
        foreach (var deployment in _gauge.Deployments)
        {
            // One that was sidelined still was not in use meanwhile: it is sidelined longer, not once more.
            if (UntilOf(IdOf(deployment)) > now() && !(deployment.SidelinedUntil > now())) _metrics.CooledDown.Add(1, deployment.Labels);
        }

        _gauge.Deployments = [.. _gauge.Deployments.Select(d => d with { SidelinedUntil = UntilOf(IdOf(d)) })];
    }

    private TimeSpan? UntilOf(string deployment) => _sidelined.TryGetValue(deployment, out var until) ? until : null;

    private static string IdOf(DeploymentGauge deployment) => deployment.Labels[1];
}
