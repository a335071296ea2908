using OrleansLlm.Backends;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Backends;
using OrleansLlm.Tests.Rules.Catalog;

namespace OrleansLlm.Tests.Rules.Backends;

/// <summary>
/// Drives <see cref="BackendRules"/> with arbitrary commands and keeps its own books of who holds and who waits. Any difference between
/// the two, and any broken promise, throws.
/// </summary>
internal sealed class BackendModel
{
    private static readonly SlotOutcome[] Outcomes = Enum.GetValues<SlotOutcome>();

    private readonly Dictionary<string, TimeSpan> _holders = [];
    private readonly List<string> _queue = [];
    private readonly Dictionary<string, int> _ends = [];
    private readonly int _users;
    private BackendOptions _options;
    private TimeSpan _now;
    private int _nextId;

    /// <param name="users">With one, the queue is first in, first out; with more, requests have priorities and models as well.</param>
    public BackendModel(BackendOptions options, int users = 1)
    {
        _users = users;
        _options = options;
        Rules = new BackendRules(options);
    }

    public BackendRules Rules { get; }

    public int Grants { get; private set; }

    public static BackendOptions Options(int slots = 1, int maxQueue = 1000) => new()
    {
        Name = "http://a",
        Url = new Uri("http://a"),
        Provider = "ollama",
        Slots = slots,
        MaxQueue = maxQueue,
        Deployments = [Deployments.Of("d0", null), Deployments.Of("d1", 5), Deployments.Of("d2", 2)],
    };

    /// <summary>One command, chosen and filled in by a number.</summary>
    public void Step(int code)
    {
        var choice = code % 100;
        var argument = code / 100;
        switch (choice)
        {
            case < 20:
                TryAcquire($"r{_nextId++}");
                break;
            case < 50:
                Enqueue($"r{_nextId++}", argument % 7 == 0 ? TimeSpan.FromSeconds(argument % 50) : null);
                break;
            case < 80:
                Release(Pick(argument), Outcomes[argument / 7 % Outcomes.Length]);
                break;
            case < 85:
                Renew(Pick(argument));
                break;
            case < 95:
                Advance(TimeSpan.FromSeconds(argument % 20));
                break;
            case < 98:
                Reconfigure(_options with { Slots = 1 + argument % 4, MaxQueue = argument % 3 == 0 ? 2 : 1000 });
                break;
            default:
                SetDraining(argument % 4 == 0);
                break;
        }

        TakeEffects();
        CheckBooks();
    }

    /// <summary>Lets everything that is out come back; afterwards nothing may be left.</summary>
    public void Finish()
    {
        SetDraining(false);
        TakeEffects();
        for (var i = 0; i < 100_000 && (_holders.Count > 0 || _queue.Count > 0); i++)
        {
            if (_holders.Count > 0) Release(_holders.Keys.First(), SlotOutcome.Succeeded);
            else Advance(_options.Cooldown);
            TakeEffects();
            CheckBooks();
        }

        Assert.Equal(0, Rules.Running);
        Assert.Equal(0, Rules.Waiting);
    }

    public void TryAcquire(string id)
    {
        Expire();
        var waitingBefore = _queue.Count;
        var answer = Rules.TryAcquire(Request(id), _now);
        // The call itself lets time pass, which may serve those who wait: they come first.
        TakeEffects();
        if (answer is SlotGranted)
        {
            Assert.True(_queue.Count == 0, $"{id} overtook {waitingBefore} waiting requests");
            Granted(id);
        }
        else
        {
            Assert.IsType<SlotRefused>(answer);
        }
    }

    private void Enqueue(string id, TimeSpan? atMost)
    {
        Expire();
        var answer = Rules.Enqueue(Request(id) with { WaitAtMost = atMost }, _now);
        TakeEffects();
        if (answer is SlotQueued queued)
        {
            _queue.Add(id);
            if (_users == 1) Assert.Equal(_queue.Count, queued.Position);
            Assert.InRange(queued.Position, 1, _queue.Count);
            Assert.True(_queue.Count <= _options.MaxQueue, "the queue is over its bound");
        }
        else if (answer is SlotGranted)
        {
            Assert.Empty(_queue);
            Granted(id);
        }
    }

    private void Release(string id, SlotOutcome outcome)
    {
        Expire();
        var held = _holders.Remove(id);
        var release = new SlotRelease { RequestId = id, Outcome = outcome };
        Rules.Release(release, _now);
        TakeEffects(withdrawn: held ? null : id);
        // Releasing twice must change nothing.
        var (running, waiting) = (Rules.Running, Rules.Waiting);
        Rules.Release(release, _now);
        Assert.Equal((running, waiting), (Rules.Running, Rules.Waiting));
    }

    private void Renew(string id)
    {
        Expire();
        var renewed = Rules.Renew(id, _now);
        Assert.Equal(_holders.ContainsKey(id), renewed);
        if (renewed) _holders[id] = _now + _options.Lease;
    }

    private void Advance(TimeSpan by)
    {
        _now += by;
        Expire();
        Rules.Tick(_now);
    }

    private void Reconfigure(BackendOptions options)
    {
        Expire();
        _options = options;
        Rules.Reconfigure(options, _now);
    }

    private void SetDraining(bool draining)
    {
        Expire();
        Rules.SetDraining(draining, _now);
    }

    private void TakeEffects(string? withdrawn = null)
    {
        foreach (var (id, answer) in Rules.TakeEffects())
        {
            Assert.Contains(id, _queue);
            Assert.Equal(1, _ends[id] = _ends.GetValueOrDefault(id) + 1);
            if (answer is SlotGranted)
            {
                Assert.Equal(_queue.First(other => IsAlike(other, id)), id);
                _queue.Remove(id);
                Granted(id);
                // Not claimed yet: some are by a later step's renewal, some never.
                _holders[id] = _now + (_options.Lease < BackendRules.ClaimWithin ? _options.Lease : BackendRules.ClaimWithin);
                continue;
            }

            var refused = Assert.IsType<SlotRefused>(answer);
            if (refused.Reason == RefusalReason.Withdrawn) Assert.Equal(withdrawn, id);
            _queue.Remove(id);
        }
    }

    private void Granted(string id)
    {
        Assert.NotEqual(CircuitState.Open, Rules.Circuit);
        Assert.False(Rules.Draining, "a draining backend granted a slot");
        Assert.DoesNotContain(id, _holders.Keys);
        _holders[id] = _now + _options.Lease;
        Grants++;
        Assert.True(_holders.Count <= _options.Slots, $"{_holders.Count} leases on {_options.Slots} slots");
    }

    /// <summary>What the rules are about to take back by themselves.</summary>
    private void Expire()
    {
        foreach (var id in _holders.Where(h => h.Value <= _now).Select(h => h.Key).ToList()) _holders.Remove(id);
    }

    private void CheckBooks()
    {
        Assert.Equal(_holders.Count, Rules.Running);
        var places = Rules.Places(_now).Select(p => p.RequestId).ToList();
        if (_users == 1) Assert.Equal(_queue, places);
        else Assert.Equivalent(_queue, places, strict: true);
    }

    private string Pick(int argument)
    {
        var known = _holders.Keys.Concat(_queue).ToList();
        return known.Count > 0 && argument % 5 != 0 ? known[argument % known.Count] : $"unknown{argument % 3}";
    }

    /// <summary>Requests between which nothing but their arrival decides.</summary>
    private bool IsAlike(string one, string other) => Request(one) with { RequestId = "", DeploymentId = null } == Request(other) with { RequestId = "", DeploymentId = null };

    private SlotRequest Request(string id)
    {
        var number = id.StartsWith('r') ? int.Parse(id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) : 0;
        return _users == 1
            ? new SlotRequest { RequestId = id, User = "u", Model = "m", DeploymentId = $"d{number % 3}" }
            : new SlotRequest
            {
                RequestId = id,
                User = $"u{number * 7 % _users}",
                Model = $"m{number / 3 % 3}",
                Priority = number % 5 == 0 ? 2 : 0,
                DeploymentId = $"d{number % 3}",
                Weight = 1 + number * 7 % _users % 3,
            };
    }
}
