using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>
/// What one watching browser has not been told yet. Bounded whatever happens: of a backend only its newest state matters, so its name is all that is kept, and
/// of requests that have ended the newest.
/// </summary>
internal sealed class LiveInbox(TimeProvider time)
{
    /// <summary>Requests that have ended which one browser has not taken yet.</summary>
    public const int MostStories = 200;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _backends = new(StringComparer.Ordinal);
    private readonly Queue<RequestStory> _stories = new();
    private TaskCompletionSource? _arrived;

    public void Changed(string backend)
    {
        lock (_gate)
        {
            _backends.Add(backend);
            Arrive();
        }
    }

    public void Ended(RequestStory story)
    {
        lock (_gate)
        {
            if (_stories.Count == MostStories) _stories.Dequeue();
            _stories.Enqueue(story);
            Arrive();
        }
    }

    /// <returns>Both empty: nothing came for so long.</returns>
    public async ValueTask<(string[] Backends, RequestStory[] Stories)> TakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Task arrived;
        lock (_gate)
        {
            if (_backends.Count + _stories.Count > 0) return Take();
            arrived = (_arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        try
        {
            await arrived.WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return ([], []);
        }

        lock (_gate) return Take();
    }

    private (string[] Backends, RequestStory[] Stories) Take()
    {
        var taken = (_backends.ToArray(), _stories.ToArray());
        _backends.Clear();
        _stories.Clear();
        return taken;
    }

    private void Arrive()
    {
        _arrived?.TrySetResult();
        _arrived = null;
    }
}
