using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Backends;

/// <summary>The shell around <see cref="BackendRules"/>: time, timers, the calls, and the one stored flag.</summary>
[GrainType("backend")]
internal sealed partial class BackendGrain(
    [PersistentState(Names.BackendState, Names.StateStore)] IPersistentState<BackendState> state,
    ICatalog catalog,
    ICatalogSync sync,
    TimeProvider time,
    HealthProbe probe,
    HostTraits host,
    Standstill standstill,
    ProcessDrain drain,
    GatewayMetrics metrics,
    NodeName node,
    ILogger<BackendGrain> logger) : Grain, IBackendGrain
{
    private readonly long _start = time.GetTimestamp();
    private GatewayCatalog _seen = null!;
    private BackendOptions _options = null!;
    private BackendRules _rules = null!;
    private BackendMeter _meter = null!;
    private HealthReport _health = HealthReport.None;
    private IGrainTimer _tick = null!;
    private TimeSpan? _tickDue;
    private readonly Watched _watched = new();
    private IGrainTimer? _news;
    private IGrainTimer? _healthTimer;
    private CircuitState _loggedCircuit;
    private long _loggedExpired;

    private string Key => this.GetPrimaryKeyString();

    private bool Removed => !_seen.Backends.ContainsKey(Key);

    private TimeSpan Now => time.GetElapsedTime(_start);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Whoever asks for it knows it: an administrator may have added it on another node just now.
        if (!catalog.Current.Backends.ContainsKey(Key)) await sync.SyncAsync(cancellationToken);
        _seen = catalog.Current;
        var options = _seen.Backends.GetValueOrDefault(Key);
        _options = options ?? Unknown(Key);
        _standstills = standstill.Count;
        _rules = new BackendRules(_options, state.State.Draining);
        _meter = new BackendMeter(Key, metrics, () => Now);
        _meter.Follow(_options);
        _tick = this.RegisterGrainTimer(OnTickAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true });
        // Asked for by a request that began before the backend was removed, or on a node that heard of it earlier: refused in the rules' words.
        if (options is null) _rules.Reconfigure(null, Now);
        if (host.HoldersOutliveBackends) await OpenBooksAsync(cancellationToken);
        if (host.HoldersOutliveBackends) LeaveWithProcess();
        ArmTick();
        StartHealthProbes();
        _meter.Show(_rules, _health.State, Removed);
    }

    /// <summary>An orderly end: the leases that are out are handed over, and those who wait ask again elsewhere.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _meter?.Dispose();
        await _leaving.DisposeAsync();
        if (!host.HoldersOutliveBackends) return;
        state.State.Open = false;
        state.State.Leases = [.. _rules.Leases];
        await state.WriteStateAsync(cancellationToken);
    }

    public async Task<SlotAnswer> TryAcquireAsync(SlotRequest request)
    {
        await EnsureOursAsync();
        FollowConfiguration();
        if (Removed) await HearOfComebackAsync();
        var answer = _rules.TryAcquire(request, Now);
        _meter.Answered(answer);
        Apply();
        return answer;
    }

    public async Task<bool> RenewAsync(string requestId)
    {
        await EnsureOursAsync();
        var renewed = _rules.Renew(requestId, Now);
        Apply();
        return renewed;
    }

    public async Task ProvedAsync(string requestId)
    {
        await EnsureOursAsync();
        _rules.Proved(requestId, Now);
        Apply();
    }

    public async Task ReleaseAsync(SlotRelease release)
    {
        await EnsureOursAsync();
        FollowConfiguration();
        var sidelined = _rules.Sidelined;
        _rules.Release(release, Now);
        if (_waiting.Remove(release.RequestId, out var news)) news.End();
        if (release.Outcome == SlotOutcome.KeyRefused) logger.KeyRefused(Key, release.Error);
        if (!ReferenceEquals(_rules.Sidelined, sidelined))
        {
            foreach (var (deployment, until) in _rules.Sidelined.Except(sidelined)) logger.DeploymentSidelined(Key, deployment, (until - Now).TotalSeconds, release.Error);
        }
        else if (_options.Cools && release.Outcome == SlotOutcome.ModelRefused) logger.ModelSidelined(Key, release.Error);
        Apply();
    }

    public async Task<BackendSnapshot> GetSnapshotAsync()
    {
        await EnsureOursAsync();
        FollowConfiguration();
        _rules.Tick(Now);
        Apply();
        return Snapshot();
    }

    public async Task<BackendStatus> WatchAsync(TimeSpan lasting)
    {
        await EnsureOursAsync();
        FollowConfiguration();
        _rules.Tick(Now);
        // Before the rest: whoever asks is told on the stream as well, and sees by that whether it flows.
        _watched.Watch(lasting, Now);
        Apply();
        return Status();
    }

    public async Task ResetAsync()
    {
        await EnsureOursAsync();
        _rules.Reset(Now);
        Apply();
        logger.BackendReset(Key);
    }

    public Task<ImmutableArray<TimeSpan>> GetFirstTokensAsync(ImmutableArray<string> deploymentIds) =>
        Task.FromResult<ImmutableArray<TimeSpan>>([.. deploymentIds.SelectMany(_rules.FirstTokens)]);

    public async Task SetDrainingAsync(bool draining)
    {
        await EnsureOursAsync();
        _rules.SetDraining(draining, Now);
        Apply();
        state.State.Draining = draining;
        await state.WriteStateAsync();
        logger.DrainChanged(Key, draining);
    }

    private BackendSnapshot Snapshot() => _rules.Snapshot(_seen.Routing.StrategyArguments, Now) with
    {
        Health = _health.State,
        ModelsAvailable = _health.ModelsAvailable,
        ModelsLoaded = [.. _rules.ModelsLoaded],
        LastError = _health.Error ?? _rules.LastError,
    };

    private BackendStatus Status() => _rules.Status(Snapshot(), node.Value, time.GetUtcNow(), Now);

    private async Task OpenBooksAsync(CancellationToken cancellationToken)
    {
        if (state.State.Open) _rules.Recover(Now);
        _rules.Restore(state.State.Leases, Now);
        state.State.Open = true;
        state.State.Leases = [];
        await state.WriteStateAsync(cancellationToken);
    }

    /// <summary>Who asks for a backend that is removed may know better: an administrator may have added it again on the asker's node.</summary>
    private async Task HearOfComebackAsync()
    {
        await sync.SyncAsync(CancellationToken.None);
        FollowConfiguration();
    }

    /// <summary>The file may have changed since the last call; a lower number of slots takes nothing away from those who run.</summary>
    private void FollowConfiguration()
    {
        var current = catalog.Current;
        if (ReferenceEquals(current, _seen)) return;
        _seen = current;
        var options = current.Backends.GetValueOrDefault(Key);
        _rules.Reconfigure(options, Now);
        // A backend that is gone is not probed, and with that its grain may go as well.
        if (options is null) _health = HealthReport.None;
        options ??= _options with { HealthInterval = TimeSpan.Zero, Deployments = [] };
        var probesChanged = options.HealthInterval != _options.HealthInterval;
        _options = options;
        _meter.Follow(options);
        if (probesChanged) StartHealthProbes();
    }

    private static BackendOptions Unknown(string name) => new() { Name = name, Url = new Uri("about:blank"), Provider = "", HealthInterval = TimeSpan.Zero };

    /// <summary>Tells those who wait what was decided and arms the timer for what comes next.</summary>
    private void Apply()
    {
        foreach (var effect in _rules.TakeEffects())
        {
            _meter.Answered(effect.Answer, effect.Waited);
            if (_waiting.TryGetValue(effect.RequestId, out var news) && news.Tell(effect.Answer, Now)) _waiting.Remove(effect.RequestId);
        }

        LogChanges();
        _meter.Show(_rules, _health.State, Removed);
        ArmTick();
        ArmProgress();
        ArmNews();
    }

    private async Task OnTickAsync(CancellationToken cancellationToken)
    {
        _tickDue = null;
        if (!await IsOursAsync()) return;
        FollowConfiguration();
        _rules.Tick(Now);
        Apply();
    }

    private void ArmTick()
    {
        if (_rules.NextDue() is not { } due || _tickDue <= due) return;
        _tickDue = due;
        var wait = due - Now;
        _tick.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void ArmNews()
    {
        if (!_watched.Changed(Now)) return;
        _news ??= this.RegisterGrainTimer(OnNewsAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true });
        _news.Change(Watched.Gather, Timeout.InfiniteTimeSpan);
    }

    private async Task OnNewsAsync(CancellationToken cancellationToken)
    {
        if (!_watched.Take(Now)) return;
        try
        {
            await this.GetStreamProvider(Names.TokenStreams).GetStream<BackendStatus>(StreamId.Create(Names.LiveStreams, Names.LiveBackends)).OnNextAsync(Status());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whoever watches asks again every few seconds.
            logger.NewsNotSent(Key, e);
        }
    }

    private void StartHealthProbes()
    {
        _healthTimer?.Dispose();
        _healthTimer = null;
        if (_options.HealthInterval <= TimeSpan.Zero) return;
        // KeepAlive: a backend that is watched stays in memory, with its averages and its circuit.
        _healthTimer = this.RegisterGrainTimer(
            OnHealthAsync,
            new GrainTimerCreationOptions(TimeSpan.Zero, probe.Jitter(_options.HealthInterval)) { Interleave = true, KeepAlive = true });
    }

    private async Task OnHealthAsync(CancellationToken cancellationToken)
    {
        var report = await probe.AskAsync(_options, cancellationToken);
        if (!await IsOursAsync() || Removed) return;
        var before = _health.State;
        _health = report;
        if (report.State == HealthState.Down && before != HealthState.Down) logger.BackendDown(Key, report.Error);
        if (report.State == HealthState.Up && before == HealthState.Down) logger.BackendUp(Key);
        _rules.Probed(report.State == HealthState.Up, before == HealthState.Down, report.Error, Now);
        if (report.ModelsLoaded is { } loaded) _rules.SawLoaded(loaded);
        Apply();
    }

    private void LogChanges()
    {
        if (_rules.Circuit != _loggedCircuit)
        {
            if (_rules.Circuit == CircuitState.Open) _meter.CircuitOpened();
            if (_rules.Circuit == CircuitState.Open) logger.CircuitOpened(Key, _rules.HalfOpenIn(Now)?.TotalSeconds, _rules.LastError);
            if (_rules.Circuit == CircuitState.Closed) logger.CircuitClosed(Key);
            _loggedCircuit = _rules.Circuit;
        }

        if (_rules.LeasesExpired != _loggedExpired)
        {
            logger.LeasesExpired(Key, _rules.LeasesExpired - _loggedExpired);
            _meter.LeasesExpired(_rules.LeasesExpired - _loggedExpired);
            _loggedExpired = _rules.LeasesExpired;
        }
    }
}
