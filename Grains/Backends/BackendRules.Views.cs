using System.Collections.Immutable;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;

namespace OrleansLlm.Grains.Backends;

/// <summary>What is seen of it from outside.</summary>
internal sealed partial class BackendRules
{
    public int Running => _leases.Count;

    public int Waiting => _queue.Count;

    public int WaitingUsers => _queue.Users;

    /// <inheritdoc cref="SlotQueue.Share"/>
    public double WaitingShare => _queue.Share;

    /// <inheritdoc cref="SlotQueue.FairnessLag"/>
    public double FairnessLag => _queue.FairnessLag;

    public int Slots => _options.Slots;

    /// <inheritdoc cref="DeploymentBook.Sidelined"/>
    public ImmutableDictionary<string, TimeSpan> Sidelined => _deployments.Sidelined;

    public IReadOnlyCollection<string> ModelsLoaded => _loaded.Names;

    public CircuitState Circuit => _circuit.State;

    public bool Draining => _draining;

    public long LeasesExpired => _leasesExpired;

    public string? LastError => _lastError;

    public TimeSpan? HalfOpenIn(TimeSpan now) => _circuit.HalfOpenIn(now);

    /// <summary>The last first tokens of a deployment.</summary>
    public IEnumerable<TimeSpan> FirstTokens(string deploymentId) => _deployments.FirstTokens(deploymentId);

    public BackendSnapshot Snapshot(StrategyArguments arguments, TimeSpan now) => new()
    {
        Name = _options.Name,
        Url = _options.Url.GetLeftPart(UriPartial.Path),
        Slots = _options.Slots,
        Running = _leases.Count,
        Waiting = _queue.Count,
        WaitingShare = _queue.Share,
        Circuit = _circuit.State,
        HalfOpenIn = _circuit.HalfOpenIn(now),
        Health = HealthState.Unknown,
        Draining = _draining,
        AverageTimeToFirstToken = _averages.TimeToFirstToken,
        AverageService = _averages.Service,
        TokensPerSecond = _averages.TokensPerSecond,
        Served = _served,
        Failed = _failed,
        LeasesExpired = _leasesExpired,
        LastError = _lastError,
        Renewals = _renewals,
        Deployments = _deployments.Snapshots(arguments, now),
    };

    /// <summary>What those see who watch.</summary>
    public BackendStatus Status(BackendSnapshot snapshot, string node, DateTimeOffset at, TimeSpan now) => new()
    {
        Snapshot = snapshot,
        Node = node,
        At = at,
        Holders = _leases.Holders(BackendStatus.MostWaiters, now),
        Waiters = [.. _queue.Forecast(now).Take(BackendStatus.MostWaiters).Select((w, i) =>
            new WaitingRequest(w.RequestId, w.User, w.Request.Key, w.Model, i + 1, now - w.Arrived, w.Level))],
        History = _history.Moments(now),
        FirstTokenMedian = _history.FirstToken(0.5, now),
        FirstToken95 = _history.FirstToken(0.95, now),
        TokensPerSecond = _history.TokensPerSecond(now),
    };
}
