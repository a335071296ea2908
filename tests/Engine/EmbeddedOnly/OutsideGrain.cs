using System.Runtime.CompilerServices;

namespace OrleansLlm.Engine.EmbeddedOnly;

public interface IOutsideGrain : IGrainWithStringKey
{
    /// <summary>Each element becomes ready on a thread of the pool, with no way back to the grain of its own.</summary>
    IAsyncEnumerable<int> CountAsync(int to, CancellationToken cancellationToken = default);

    /// <summary>How often the enumerations went on outside of the grain's turns.</summary>
    Task<int> StraysAsync();
}

internal sealed class OutsideGrain : Grain, IOutsideGrain
{
    private readonly TaskScheduler _turns = TaskScheduler.Current;
    private int _strays;

    public async IAsyncEnumerable<int> CountAsync(int to, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < to; i++)
        {
            if (TaskScheduler.Current != _turns) Interlocked.Increment(ref _strays);
            await Task.Run(static () => { }, cancellationToken).ConfigureAwait(false);
            yield return i;
        }
    }

    public Task<int> StraysAsync() => Task.FromResult(_strays);
}
