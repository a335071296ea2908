using System.Runtime.CompilerServices;

namespace OrleansLlm.Engine;

public interface ISequenceGrain : IGrainWithStringKey
{
    IAsyncEnumerable<int> CountAsync(int to);

    /// <summary>Yields between elements, so that each travels alone.</summary>
    IAsyncEnumerable<int> PacedAsync(int to, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> FailAfterAsync(int elements, bool paced);

    /// <summary>So many elements, then waits for its token; notes how it ended.</summary>
    IAsyncEnumerable<int> ThenWaitAsync(int elements, CancellationToken cancellationToken = default);

    Task LeaveAsync();

    Task HoldAsync();

    Task<int> AliveAsync();
}

internal sealed class SequenceGrain(Witness witness) : Grain, ISequenceGrain
{
    private int _alive;

    public async IAsyncEnumerable<int> CountAsync(int to)
    {
        var key = this.GetPrimaryKeyString();
        for (var i = 0; i < to; i++)
        {
            witness.Add($"{key}/made");
            yield return i;
        }

        await Task.CompletedTask;
    }

    public async IAsyncEnumerable<int> PacedAsync(int to, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < to; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return i;
        }
    }

    public async IAsyncEnumerable<int> FailAfterAsync(int elements, bool paced)
    {
        for (var i = 0; i < elements; i++)
        {
            if (paced) await Task.Yield();
            yield return i;
        }

        throw new InvalidOperationException("mid-stream");
    }

    public async IAsyncEnumerable<int> ThenWaitAsync(int elements, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var key = this.GetPrimaryKeyString();
        _alive++;
        witness.Signal($"{key}/begun");
        try
        {
            for (var i = 0; i < elements; i++) yield return i;
            witness.Signal($"{key}/waits");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        finally
        {
            _alive--;
            witness.Note(key, cancellationToken.IsCancellationRequested ? "ended by token" : "ended");
            witness.Signal($"{key}/ended");
        }
    }

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task HoldAsync()
    {
        witness.Signal($"{this.GetPrimaryKeyString()}/held");
        await witness.Wait($"{this.GetPrimaryKeyString()}/gate");
    }

    public Task<int> AliveAsync() => Task.FromResult(_alive);
}
