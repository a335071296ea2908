using OrleansLlm.Backends;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Backends;

/// <summary>
/// What one request that waits has to be told. Its reader asks again and again; what happens between two questions is kept, the newest only.
/// A thousand requests in ten queues have ten thousand of these, so it is a small one. Lives in the turns of its grain.
/// </summary>
/// <param name="cameInAt">Its place when it came.</param>
internal sealed class QueueNews(int cameInAt, bool wantsPlaces)
{
    private TaskCompletionSource<SlotAnswer>? _question;
    private SlotAnswer? _newest;
    private TimeSpan _since;

    /// <summary>Nobody has asked for so long that nobody waits any more.</summary>
    public bool IsAbandoned(TimeSpan now) => _question is null && now - _since > IBackendGrain.AbandonedAfter;

    public bool WantsPlaces => wantsPlaces;

    public Task<SlotAnswer> AskAsync(TimeSpan now)
    {
        // Whoever asked before has been given up: the request asks for one answer at a time.
        End();
        _since = now;
        if (_newest is { } newest)
        {
            _newest = null;
            return Task.FromResult(newest);
        }

        return (_question = new TaskCompletionSource<SlotAnswer>()).Task;
    }

    /// <returns>Whether somebody has heard it; else it is kept.</returns>
    public bool Tell(SlotAnswer answer, TimeSpan now)
    {
        if (answer.CameInAt != cameInAt) answer = answer with { CameInAt = cameInAt };
        if (TakeQuestion() is not { } question)
        {
            _newest = answer;
            return false;
        }

        _since = now;
        question.SetResult(answer);
        return true;
    }

    /// <summary>Whoever asks is let go: the request waits no longer, or asks again.</summary>
    public void End() => TakeQuestion()?.SetResult(SlotRefused.Withdrawn);

    /// <summary>Whoever asks is to ask elsewhere.</summary>
    public void Leave() => TakeQuestion()?.SetException(new NodeDrainingException());

    /// <summary>Answers a question that would else be open for too long: there is nothing new.</summary>
    /// <param name="next">The time until this is asked again.</param>
    public void BreakSilence(TimeSpan now, TimeSpan next)
    {
        if (_question is not null && now + next - _since > IBackendGrain.LongestSilence) Tell(SlotQueued.NothingNew, now);
    }

    /// <summary>Nobody asks any more: whoever takes it answers it.</summary>
    private TaskCompletionSource<SlotAnswer>? TakeQuestion()
    {
        var question = _question;
        _question = null;
        return question;
    }
}
