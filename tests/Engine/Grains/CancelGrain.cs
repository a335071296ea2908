namespace OrleansLlm.Engine;

public interface ICancelGrain : IGrainWithStringKey
{
    /// <summary>Waits for its token and notes that it came, on which scheduler.</summary>
    Task<string> WaitForTokenAsync(CancellationToken cancellationToken);

    Task<bool> TokenStateAsync(CancellationToken cancellationToken = default);

    Task NoteAsync(string what, CancellationToken cancellationToken);

    Task<string> PassOnAsync(string other, CancellationToken cancellationToken);
}

internal sealed class CancelGrain(Witness witness) : Grain, ICancelGrain
{
    public async Task<string> WaitForTokenAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var scheduler = TaskScheduler.Current;
        var cancelled = new TaskCompletionSource();
        using var registration = cancellationToken.Register(() =>
        {
            witness.Note(key, ReferenceEquals(scheduler, TaskScheduler.Current) ? "cancelled in a turn" : "cancelled elsewhere");
            cancelled.SetResult();
        });
        witness.Signal($"{key}/waiting");
        await cancelled.Task;
        witness.Signal($"{key}/cancelled");
        return "cancelled";
    }

    public Task<bool> TokenStateAsync(CancellationToken cancellationToken = default) => Task.FromResult(cancellationToken.IsCancellationRequested);

    public Task NoteAsync(string what, CancellationToken cancellationToken)
    {
        witness.Note(this.GetPrimaryKeyString(), what);
        return Task.CompletedTask;
    }

    public Task<string> PassOnAsync(string other, CancellationToken cancellationToken) =>
        GrainFactory.GetGrain<ICancelGrain>(other).WaitForTokenAsync(cancellationToken);
}
