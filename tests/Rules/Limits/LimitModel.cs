using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Limits;

namespace OrleansLlm.Tests.Rules.Limits;

/// <summary>
/// Drives <see cref="LimitBooks"/> as their shell does, with a store that may be late and a process that may die at any time, and keeps its
/// own list of every request that was let through. Any broken promise throws.
/// </summary>
internal sealed class LimitModel
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly RateLimits _limits;
    private readonly Dictionary<string, Passed> _passed = [];
    private readonly HashSet<string> _running = [];
    private LimitBooks _books = null!;
    private string _store = JsonSerializer.Serialize(new LimitState());
    private (string State, LimitBooks.Coverage Covers)? _writing;
    private TimeSpan _now = TimeSpan.FromHours(1);
    private int _nextId;

    public LimitModel(RateLimits limits)
    {
        _limits = limits;
        Activate();
    }

    public int Admitted => _passed.Count;

    public int Crashes { get; private set; }

    public void Step(int code)
    {
        var argument = code / 100;
        switch (code % 100)
        {
            case < 50:
                Admit($"r{_nextId++}", argument);
                break;
            case < 60:
                Settle(Pick(argument), argument);
                break;
            case < 65:
                Withdraw(Pick(argument));
                break;
            case < 70:
                Admit(Pick(argument), argument);
                break;
            case < 75:
                Vanish(Pick(argument));
                break;
            case < 80:
                BeginWrite();
                break;
            case < 88:
                EndWrite();
                break;
            case < 96:
                Advance(TimeSpan.FromMilliseconds(argument % 8 == 0 ? argument % 40_000 : argument % 3000));
                break;
            case < 98:
                Crash();
                break;
            default:
                EndOrderly();
                break;
        }

        Check();
    }

    /// <summary>Everyone goes, with a word or without: nothing may be left of them.</summary>
    public void Finish()
    {
        foreach (var id in _running.ToList())
        {
            if (id.Length % 2 == 0) Settle(id, 0);
            else Vanish(id);
        }

        Advance(Lease);
        Assert.Equal(0, _books.Running(_now));
        Advance(Minute + Minute);
        var answer = _books.Admit(new LimitRequest("last", 1, 0), _now);
        Assert.IsType<Admitted>(answer);
    }

    private void Admit(string id, int argument)
    {
        // A request that asks again asks for the same.
        var tokens = _passed.TryGetValue(id, out var before) ? before.Tokens : 1 + argument % Math.Max((int)(_limits.Tokens ?? 1) / 5, 1);
        var known = _books.Knows(id);
        if (_books.Admit(new LimitRequest(id, tokens, 0), _now) is not OrleansLlm.Limits.Admitted)
        {
            Assert.False(known);
            return;
        }

        if (!_books.IsCovered)
        {
            // As in the shell: the writes that are under way come first, then one of its own, then the caller is told.
            EndWrite();
            BeginWrite();
            EndWrite();
        }

        Assert.True(_books.IsCovered);
        _running.Add(id);
        _passed.TryAdd(id, new Passed(_now, tokens));
        if (_books.IsLow) BeginWrite();
    }

    private void Settle(string id, int argument)
    {
        if (!_running.Remove(id)) return;
        var used = argument % (_passed[id].Tokens + 1);
        // An activation that has never heard of the request leaves what is reserved for it.
        var known = _books.Knows(id);
        _books.Settle(new Settlement(id, used / 2, used - used / 2), _now);
        Assert.False(_books.Settle(new Settlement(id, used, used), _now), "settled twice");
        if (known) _passed[id] = _passed[id] with { Tokens = used };
    }

    private void Withdraw(string id)
    {
        if (!_running.Remove(id)) return;
        var known = _books.Knows(id);
        _books.Settle(new Settlement(id, 0, 0, Withdrawn: true), _now);
        if (known) _passed.Remove(id);
    }

    /// <summary>Its process dies: nobody renews it any more.</summary>
    private void Vanish(string id) => _running.Remove(id);

    private void BeginWrite()
    {
        if (_writing is not null) return;
        var state = new LimitState();
        var covers = _books.Ahead(state, _now);
        _writing = (JsonSerializer.Serialize(state), covers);
    }

    private void EndWrite()
    {
        if (_writing is not { } written) return;
        _writing = null;
        _store = written.State;
        _books.Stored(written.Covers);
    }

    private void Crash()
    {
        Crashes++;
        // What was being written may have arrived, though nobody was told.
        if (_writing is { } lost && _nextId % 2 == 0) _store = lost.State;
        _writing = null;
        Activate();
    }

    private void EndOrderly()
    {
        EndWrite();
        var state = new LimitState();
        _books.Close(state, _now, Start + _now);
        _store = JsonSerializer.Serialize(state);
        Activate();
    }

    private void Activate()
    {
        _books = new LimitBooks("x", _limits, Lease);
        var state = JsonSerializer.Deserialize<LimitState>(_store)!;
        _books.Recover(state, state.EndedAt == 0 ? TimeSpan.Zero : Start + _now - new DateTimeOffset(state.EndedAt, TimeSpan.Zero), runnersOutlive: true, _now);
    }

    private void Advance(TimeSpan by)
    {
        for (var until = _now + by; _now < until;)
        {
            var step = until - _now;
            _now += step < RenewEvery ? step : RenewEvery;
            foreach (var id in _running) _books.Renew(id, _now);
        }
    }

    private void Check()
    {
        var minute = _passed.Values.Where(p => p.At >= _now - Minute).ToList();
        Assert.True(minute.Count <= (_limits.Requests ?? long.MaxValue), $"{minute.Count} requests in a minute");
        Assert.True(minute.Sum(p => p.Tokens) <= (_limits.Tokens ?? long.MaxValue), $"{minute.Sum(p => p.Tokens)} tokens in a minute");
        Assert.True(_running.Count <= (_limits.Parallel ?? int.MaxValue), $"{_running.Count} at the same time");
    }

    private string Pick(int argument)
    {
        var known = _running.ToList();
        return known.Count > 0 ? known[argument % known.Count] : $"r{_nextId++}";
    }

    private readonly record struct Passed(TimeSpan At, long Tokens);
}
