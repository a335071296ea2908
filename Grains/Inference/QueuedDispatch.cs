using OrleansLlm.Backends;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Runs a <see cref="Dispatcher"/> and meanwhile tells the client its place in the queue, where that is wanted. The news is the newest there
/// is: what a slow reader has not taken is replaced. Lives in the turns of its grain.
/// </summary>
/// <param name="tells">False: the client wants only the answer.</param>
internal sealed class QueuedDispatch(CancellationTokenSource left, bool tells)
{
    private readonly Pulse _told = new();
    private SlotQueued? _newest;
    private Task<Dispatched>? _run;

    /// <summary>After the news has ended: what became of the request.</summary>
    public Dispatched Result { get; private set; } = null!;

    /// <summary>This node is asked to stop, or contact was lost before anybody was asked: the request starts over under the same id.</summary>
    public bool MovedOn => _run is { IsFaulted: true, Exception.InnerException: { } broken } && LostContact.Is(broken);

    /// <summary>What the dispatcher tells a place to; null: nobody wants to know.</summary>
    public Action<SlotQueued>? Tell => tells ? Hear : null;

    public async IAsyncEnumerable<InferenceEvent> RunAsync(Dispatcher dispatcher)
    {
        var run = _run = dispatcher.RunAsync(left.Token);
        var readToTheEnd = false;
        try
        {
            while (tells && !run.IsCompleted)
            {
                await Task.WhenAny(run, _told.Next);
                if (_newest is not { } place) continue;
                _newest = null;
                if (!run.IsCompleted) yield return new InferenceQueued(place.Position, place.Estimate);
            }

            readToTheEnd = true;
            Result = await run;
        }
        finally
        {
            if (!readToTheEnd) await AbandonAsync(run);
        }
    }

    private void Hear(SlotQueued place)
    {
        _newest = place;
        _told.Beat();
    }

    /// <summary>The reader has left between two news: nobody else will give back what the dispatcher gets.</summary>
    private async Task AbandonAsync(Task<Dispatched> run)
    {
        await left.CancelAsync();
        try
        {
            if ((await run).Answer is { } answer) await answer.DisposeAsync();
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            // It waited, and would have been started over elsewhere: for nobody.
        }
    }
}
