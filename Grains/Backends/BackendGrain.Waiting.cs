using OrleansLlm.Backends;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>Those who wait: their questions, which stay open until there is something to say.</summary>
internal sealed partial class BackendGrain
{
    private readonly Dictionary<string, QueueNews> _waiting = new(StringComparer.Ordinal);
    private IGrainTimer? _progress;
    private TimeSpan _placesDue;
    private CancellationTokenRegistration _leaving;
    private bool _leaves;

    /// <summary>Short enough that nobody's question stays open for longer than it may.</summary>
    private TimeSpan ProgressPeriod => TimeSpan.FromTicks(Math.Min(_seen.Settings.QueueProgressInterval.Ticks, IBackendGrain.LongestSilence.Ticks / 2));

    public Task<SlotAnswer> WaitAsync(SlotRequest request)
    {
        var ours = EnsureOursAsync();
        return ours.IsCompletedSuccessfully ? WaitAsOwner(request) : WaitThenAsync(ours, request);
    }

    private async Task<SlotAnswer> WaitThenAsync(Task ours, SlotRequest request)
    {
        await ours;
        return await WaitAsOwner(request);
    }

    private Task<SlotAnswer> WaitAsOwner(SlotRequest request)
    {
        if (_leaves) return Task.FromException<SlotAnswer>(new NodeDrainingException());
        FollowConfiguration();
        return Removed ? HearOfComebackAndWaitAsync(request) : WaitOnAsync(request);
    }

    private async Task<SlotAnswer> HearOfComebackAndWaitAsync(SlotRequest request)
    {
        await HearOfComebackAsync();
        return await WaitOnAsync(request);
    }

    private Task<SlotAnswer> WaitOnAsync(SlotRequest request)
    {
        if (!_waiting.TryGetValue(request.RequestId, out var news))
        {
            var answer = _rules.Enqueue(request, Now);
            if (answer is not SlotQueued place)
            {
                _meter.Answered(answer);
                Apply();
                return Task.FromResult(answer);
            }

            _waiting[request.RequestId] = news = new QueueNews(place.Position, request.WantsPlaces);
        }

        Apply();
        var next = news.AskAsync(Now);
        if (next is { IsCompleted: true, Result: not SlotQueued }) _waiting.Remove(request.RequestId);
        return next;
    }

    /// <summary>
    /// An activation goes when none of its calls is open, and the questions of those who wait are: as long as it has not gone, the backend can be
    /// reached nowhere. So they end with the drain, and are asked where it wakes.
    /// </summary>
    private void LeaveWithProcess()
    {
        var turns = TaskScheduler.Current;
        _leaving = drain.Over.Register(() => Task.Factory.StartNew(SendElsewhere, CancellationToken.None, TaskCreationOptions.DenyChildAttach, turns));
    }

    private void SendElsewhere()
    {
        _leaves = true;
        _rules.AbandonAll();
        foreach (var news in _waiting.Values) news.Leave();
        _waiting.Clear();
        Apply();
    }

    private void ArmProgress()
    {
        if (_waiting.Count == 0)
        {
            _progress?.Dispose();
            _progress = null;
        }
        else
        {
            var period = ProgressPeriod;
            _progress ??= this.RegisterGrainTimer(OnProgressAsync, new GrainTimerCreationOptions(period, period) { Interleave = true });
        }
    }

    private Task OnProgressAsync(CancellationToken cancellationToken)
    {
        _meter.Weigh(_rules);
        if (Now >= _placesDue && _waiting.Values.Any(n => n.WantsPlaces)) TellPlaces();
        _meter.Show(_rules, _health.State, Removed);
        foreach (var news in _waiting.Values) news.BreakSilence(Now, ProgressPeriod);
        if (ForgetAbandoned()) Apply();
        return Task.CompletedTask;
    }

    private void TellPlaces()
    {
        // Half a period early is this time and not the next.
        _placesDue = Now + _seen.Settings.QueueProgressInterval - (ProgressPeriod / 2);
        foreach (var (requestId, place) in _rules.Places(Now))
        {
            if (_waiting.TryGetValue(requestId, out var news) && news.WantsPlaces) news.Tell(place, Now);
        }
    }

    /// <summary>Those whose node has died do not ask again.</summary>
    private bool ForgetAbandoned()
    {
        var any = false;
        foreach (var (requestId, news) in _waiting)
        {
            if (!news.IsAbandoned(Now)) continue;
            any = _waiting.Remove(requestId);
            _rules.Abandon(requestId, Now);
        }

        return any;
    }
}
