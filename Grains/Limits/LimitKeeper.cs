using Orleans.Storage;
using OrleansLlm.Catalog;
using OrleansLlm.Limits;
using OrleansLlm.Users;

namespace OrleansLlm.Grains.Limits;

/// <summary>
/// The shell around <see cref="LimitBooks"/> that grains with limits share: the clock, and the store that must know of a block of admissions
/// before they are given (docs/adr/0009-exact-limits.md). As a rule nobody waits for it.
/// </summary>
internal sealed class LimitKeeper
{
    /// <summary>As for a backend's slots.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(5);

    /// <summary>Between two writes of what was spent.</summary>
    private static readonly TimeSpan SpendEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>How much the clocks of two silos may differ without harm to a minute that is handed over.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(5);

    /// <summary>How long a scope keeps numbers of its own that nobody speaks of any more: longer than its minute, which must not be forgotten.</summary>
    private static readonly TimeSpan OwnLasts = TimeSpan.FromMinutes(10);

    /// <summary>The activation's clock begins here, so that what it takes over lies before that and not below zero.</summary>
    private static readonly TimeSpan Origin = TimeSpan.FromHours(1);

    private readonly Grain _owner;
    private readonly Func<CancellationToken, Task> _write;
    private readonly LimitServices _services;
    private readonly StateWriter _writer;
    private readonly LimitBooks _books;
    private readonly BudgetBook _budget;
    private readonly BudgetMeter _meter;
    private readonly WritePace _spendPace = new(SpendEvery);
    private readonly long _start;
    private RateLimits _limits;
    private readonly LimitState _state;
    private IGrainTimer? _timer;
    private TimeSpan _storeAwayUntil;
    private TimeSpan _ownHeard;
    private TimeSpan _nextRelease;
    private bool _dirty;
    private bool _spent;
    private bool _resting;
    private bool _superseded;
    private bool _forgotten;
    private bool _leaves;

    /// <param name="scope">What a refused client is told the limit is of.</param>
    /// <param name="state">What was stored, part of the owner's state; filled in before every write.</param>
    /// <param name="configured">Holds where the scope has no numbers of its own.</param>
    /// <param name="write">Writes the owner's state.</param>
    public LimitKeeper(Grain owner, string scope, RateLimits configured, LimitState state, Func<CancellationToken, Task> write, LimitServices services)
    {
        var limits = state.Own ?? configured;
        (_owner, _limits, _state, _write, _services) = (owner, limits, state, write, services);
        _start = services.Time.GetTimestamp();
        _writer = new StateWriter(WriteAsync);
        _books = new LimitBooks(scope, limits, Lease);
        _budget = new BudgetBook(scope, state.Budget ??= new BudgetState());
        _budget.Reconfigure(limits.Budget, UtcNow);
        _meter = new BudgetMeter(owner.GetPrimaryKeyString(), owner is IUserGrain, services.Budgets, services.Time);
        _ownHeard = Now;
        var passed = services.Time.GetUtcNow() - new DateTimeOffset(state.EndedAt, TimeSpan.Zero) - ClockDifference;
        _books.Recover(state, passed > TimeSpan.Zero ? passed : TimeSpan.Zero, services.Host.HoldersOutliveBackends, Now);
        ShowBudget();
    }

    public int Running => _books.Running(Now);

    /// <summary>The scope that has taken this one's place; null: none.</summary>
    public string? Successor => _state.Successor;

    /// <summary>It was to be forgotten, and those for whom it has stayed have ended.</summary>
    public bool MayGo => _leaves && Running == 0;

    private DateTimeOffset UtcNow => _services.Time.GetUtcNow();

    private TimeSpan Now => Origin + _services.Time.GetElapsedTime(_start);

    /// <param name="own">The scope's own numbers; null: whoever asks knows of none, which another caller may.</param>
    public void Follow(RateLimits? own, RateLimits configured)
    {
        var now = Now;
        if (own is not null) _ownHeard = now;
        else if (now - _ownHeard < OwnLasts) own = _state.Own;
        // What may be spent in a period is not forgotten by silence: only who speaks of the scope can take it back.
        else if (_state.Own?.Budget is { } budget && budget != configured.Budget) own = new RateLimits { Budget = budget }.Over(configured);
        if (own != _state.Own)
        {
            _state.Own = own;
            Changed();
            ShowBudget();
        }

        var limits = own ?? configured;
        if (limits == _limits) return;
        _limits = limits;
        _books.Reconfigure(limits);
        if (_budget.Reconfigure(limits.Budget, UtcNow, isTakenBack: own is not null)) Changed();
        ShowBudget();
    }

    /// <returns>The answer, and whether the request was new.</returns>
    public async Task<(Admission Answer, bool IsNew)> AdmitAsync(LimitRequest request)
    {
        _meter.Follow(request.Alias);
        var known = _books.Knows(request.RequestId);
        ReleaseSilent();
        if (!known && _budget.Refuse(request, UtcNow) is { } spent) return (spent, false);
        var answer = _books.Admit(request, Now);
        if (answer is OverLimit) return (answer, false);
        if (!known)
        {
            _budget.Reserve(request);
            Changed();
            See();
        }

        if (!_books.IsCovered && Now >= _storeAwayUntil) await CoverAsync();
        else if (_books.IsLow && Now >= _storeAwayUntil) _ = CoverAsync();
        if (_superseded) throw new OrleansException($"Another activation counts for {_owner.GetPrimaryKeyString()} now.");
        return (answer is Admitted admitted && _budget.Exists ? admitted with { Standing = admitted.Standing with { Budget = Spend } } : answer, !known);
    }

    /// <summary>What has been spent, and of how much.</summary>
    public BudgetStanding Spend => _budget.Standing(UtcNow);

    public void Renew(string requestId) => _books.Renew(requestId, Now);

    /// <summary>To be asked before the request is settled here.</summary>
    /// <returns>What the successor is to hear of it; null: nothing, or there is none. Of the minute it has had no share.</returns>
    public Settlement? ForSuccessor(Settlement settlement) => Successor is null || settlement.Withdrawn || !(settlement.Cost > 0) || _books.HasSettled(settlement.RequestId)
        ? null : new Settlement(settlement.RequestId, 0, 0, Cost: settlement.Cost);

    /// <returns>False when the request was not known, or settled already.</returns>
    public bool Settle(Settlement settlement)
    {
        var again = _books.HasSettled(settlement.RequestId);
        var known = _books.Settle(settlement, Now);
        // One that an earlier activation has admitted is not known here, and has cost what it has cost.
        if (!again && _budget.Settle(settlement.RequestId, settlement.Withdrawn ? 0 : settlement.Cost, UtcNow))
        {
            _spent = true;
            ShowBudget();
        }

        if (known || _spent) Changed();
        return known;
    }

    /// <summary>
    /// What was spent is written at once, or a moment after the write before, and nobody waits for it: a crash forgets what was spent in that
    /// moment and while one write took, besides what still ran. To be called when the owner's state is as it should be stored.
    /// </summary>
    public void StoreSpend()
    {
        if (!_spent) return;
        _spent = false;
        if (_budget.TakeWarning() && Spend is { SoftReached: { } soft } spend) _services.Logger.SoftBudgetReached(_owner.GetPrimaryKeyString(), spend.Spent, soft);
        if (!_budget.Exists || _forgotten || Now < _storeAwayUntil) return;
        switch (_spendPace.Ask(Now))
        {
            case { Ticks: 0 }:
                _ = CoverAsync();
                break;
            // There is a timer: whoever has spent has changed something.
            case { } wait:
                _timer!.Change(wait, WriteEvery);
                break;
        }
    }

    /// <summary>As an administrator says. Stored, or failed, when this returns.</summary>
    public Task SetSpendAsync(double spent)
    {
        _budget.Set(spent);
        ShowBudget();
        return StoreAsync();
    }

    /// <summary>Stored, or failed, when this returns. It goes on counting: that the old key goes may fail.</summary>
    /// <param name="successor">Null: it has none any more.</param>
    public Task HandOverAsync(string? successor)
    {
        _state.Successor = successor;
        return StoreAsync();
    }

    /// <returns>Whether it is not to be forgotten before those who run have ended, since another scope is to learn what they cost.</returns>
    public bool StaysForThoseWhoRun() => _leaves = Successor is not null && Running > 0;

    /// <summary>The owner's state as it is now is stored, or that has failed, when this returns.</summary>
    public Task StoreAsync()
    {
        Changed();
        return _writer.WriteAsync();
    }

    public static int DayOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime).DayNumber;

    /// <summary>Whether it was used after that day, or has a budget that has begun and is no other's now: then nothing of it may be forgotten.</summary>
    public bool IsNeeded(int day) => _state.SeenOn > day || Running > 0 || (_budget.Exists && Spend.Spent > 0 && Successor is null);

    /// <summary>Nothing of it is to be kept: the owner's state is cleared with this, and the activation goes.</summary>
    public async Task ForgetAsync(Func<CancellationToken, Task> clear)
    {
        _timer?.Dispose();
        await _writer.WriteAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await clear(CancellationToken.None);
        _forgotten = true;
        _owner.DeactivateOnIdle();
    }

    /// <summary>The owner's state differs from what is stored: it is written in a while.</summary>
    public void Changed()
    {
        _dirty = true;
        if (_resting) _timer?.Change(WriteEvery, WriteEvery);
        _resting = false;
        _timer ??= _owner.RegisterGrainTimer(OnTimerAsync, new GrainTimerCreationOptions(WriteEvery, WriteEvery));
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        _meter.Dispose();
        if (_superseded || _forgotten || !(_dirty || _limits.Any)) return;
        await _writer.WriteAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _books.Close(_state, Now, _services.Time.GetUtcNow());
        await _write(cancellationToken);
    }

    private void ShowBudget()
    {
        var reading = _budget.Reading;
        // Users who only name themselves are people, and as many as there are.
        if (reading is not null && _owner is IUserGrain && _state.Own is null && !_services.Options.IsNamed(_owner.GetPrimaryKeyString())) reading = null;
        _meter.Show(reading);
    }

    /// <summary>Once a day it is listed as in use, so that it can be forgotten when it is not for long.</summary>
    private void See()
    {
        if (DayOf(UtcNow) is var today && today == _state.SeenOn) return;
        _state.SeenOn = today;
        var key = _owner.GetPrimaryKeyString();
        _ = _services.Grains.GetGrain<IScopeIndexGrain>(ScopeBuckets.Of(key)).SawAsync(key, _owner is IUserGrain);
    }

    /// <summary>What a lost inference has reserved comes back when its lease is over.</summary>
    private void ReleaseSilent()
    {
        var now = Now;
        if (!_budget.Exists || now < _nextRelease) return;
        _nextRelease = now + Lease;
        _budget.Release(id => _books.IsSilent(id, now));
    }

    /// <summary>
    /// A store that is away refuses nobody: limits stay exact as long as this activation lives. Only with its end as well could some be
    /// admitted twice.
    /// </summary>
    private async Task CoverAsync()
    {
        try
        {
            await _writer.WriteAsync();
        }
        catch (InconsistentStateException)
        {
            // What this activation may still give, the other one has counted as given: it ends with its block.
            _superseded = true;
            _owner.DeactivateOnIdle();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _storeAwayUntil = Now + WriteEvery;
            _services.Logger.LimitNotStored(_owner.GetPrimaryKeyString(), e);
        }
    }

    private async Task OnTimerAsync(CancellationToken cancellationToken)
    {
        if (_spendPace.TakeDue(Now))
        {
            // Not awaited: nobody waits for a write of what was spent, and the next to ask here shall not either.
            _ = CoverAsync();
            return;
        }

        if (_dirty)
        {
            if (_resting) _timer?.Change(WriteEvery, WriteEvery);
            _resting = false;
            await CoverAsync();
            return;
        }

        // Nothing has changed for a whole period. Once the minute is over the store should know that it is: a crash then costs nobody
        // more than a block. After that an idle scope costs no timer.
        if (_books.EmptyIn(Now) is { Ticks: > 0 } rest)
        {
            (_dirty, _resting) = (true, true);
            _timer?.Change(rest + WriteEvery, WriteEvery);
            return;
        }

        _timer?.Dispose();
        _timer = null;
    }

    private async Task WriteAsync()
    {
        _dirty = false;
        var covers = _books.Ahead(_state, Now);
        try
        {
            await _write(CancellationToken.None);
        }
        catch
        {
            _dirty = true;
            throw;
        }

        _books.Stored(covers);
    }
}
