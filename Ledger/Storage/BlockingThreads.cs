using System.Collections.Concurrent;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// Threads for work that blocks. SQLite knows no other: on a thread of the pool a question of a second is a second for which the tokens of others have a thread less, of as many as there are cores.
/// </summary>
internal sealed class BlockingThreads : TaskScheduler, IDisposable
{
    /// <summary>Pieces of work that wait at most. One more is done by whoever brings it, which slows it down.</summary>
    private const int MostWaiting = 1000;

    private readonly BlockingCollection<Task> _waiting = new(MostWaiting);

    public BlockingThreads(string name, int count)
    {
        MaximumConcurrencyLevel = count;
        foreach (var _ in Enumerable.Range(0, count)) new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    public override int MaximumConcurrencyLevel { get; }

    public Task RunAsync(Func<Task> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    public Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>What waits is done; the threads end by themselves.</summary>
    public void Dispose() => _waiting.CompleteAdding();

    protected override void QueueTask(Task task)
    {
        if (!TryAdd(task)) TryExecuteTask(task);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _waiting;

    private bool TryAdd(Task task)
    {
        try
        {
            return _waiting.TryAdd(task);
        }
        catch (InvalidOperationException)
        {
            // The threads have been told to end.
            return false;
        }
    }

    private void Run()
    {
        foreach (var task in _waiting.GetConsumingEnumerable()) TryExecuteTask(task);
    }
}
