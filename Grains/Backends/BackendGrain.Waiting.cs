using OrleansLlm.Backends;

namespace OrleansLlm.Grains.Backends;

/// <summary>Those who wait: their questions, which stay open until there is something to say.</summary>
internal sealed partial class BackendGrain
{
    private readonly Dictionary<string, QueueNews> _waiting = new(StringComparer.Ordinal);
    private IGrainTimer? _progress;
    private TimeSpan _placesDue;

    /// <summary>Short enough that nobody's question stays open for longer than it may.</summary>
    private TimeSpan ProgressPeriod => TimeSpan.FromTicks(Math.Min(_seen.Settings.QueueProgressInterval.Ticks, IBackendGrain.LongestSilence.Ticks / 2));

    public Task<SlotAnswer> WaitAsync(SlotRequest request)
    {
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
        _meter.Show(_rules, _health.State);
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
            _rules.Release(new SlotRelease { RequestId = requestId, Outcome = SlotOutcome.Withdrawn }, Now);
        }

        return any;
    }
}
