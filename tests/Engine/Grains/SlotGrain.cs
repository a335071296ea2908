using System.Runtime.CompilerServices;

namespace OrleansLlm.Engine;

/// <summary>A resource with one slot, and a line in front of it, as a backend has: what must never leak.</summary>
public interface ISlotGrain : IGrainWithStringKey
{
    /// <summary>Yields 0 while waiting for the slot, then 1 and holds it until the reader leaves.</summary>
    IAsyncEnumerable<int> UseAsync(CancellationToken cancellationToken = default);

    Task<(int Held, int Waiting, int Most, int Served)> LookAsync();
}

internal sealed class SlotGrain : Grain, ISlotGrain
{
    private readonly LinkedList<TaskCompletionSource> _line = new();
    private int _held;
    private int _most;
    private int _served;

    public async IAsyncEnumerable<int> UseAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_held > 0)
        {
            var place = _line.AddLast(new TaskCompletionSource());
            try
            {
                yield return 0;
                await place.Value.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                // Granted and left in the same moment: the slot goes on to the next.
                if (place.List is not null) _line.Remove(place);
                else if (cancellationToken.IsCancellationRequested) Release();
            }
        }
        else
        {
            _held++;
        }

        _most = Math.Max(_most, _held);
        try
        {
            yield return 1;
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        finally
        {
            _served++;
            Release();
        }
    }

    public Task<(int Held, int Waiting, int Most, int Served)> LookAsync() => Task.FromResult((_held, _line.Count, _most, _served));

    private void Release()
    {
        if (_line.First is { } next)
        {
            _line.RemoveFirst();
            next.Value.SetResult();
        }
        else
        {
            _held--;
        }
    }
}

/// <summary>One request: a new grain each time, as in the gateway, passing elements on from the slot.</summary>
public interface IRequestGrain : IGrainWithStringKey
{
    IAsyncEnumerable<int> RunAsync(string slot, CancellationToken cancellationToken = default);
}

internal sealed class RequestGrain(Witness witness) : Grain, IRequestGrain
{
    public async IAsyncEnumerable<int> RunAsync(string slot, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        witness.Add($"{slot}/alive");
        try
        {
            await foreach (var item in GrainFactory.GetGrain<ISlotGrain>(slot).UseAsync(cancellationToken)) yield return item;
        }
        finally
        {
            witness.Add($"{slot}/alive", -1);
        }
    }
}
