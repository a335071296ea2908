using OrleansLlm.Ledger;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Tests.Usage;

/// <summary>A ledger whose calls block keeps no thread that serves requests.</summary>
public class ThreadedLedgerTests
{
    [Fact]
    public async Task NoCall_IsMadeOnAThreadOfThePool()
    {
        var store = new BlockingStore();
        await using (var ledger = new ThreadedLedger(store))
        {
            await ledger.OpenAsync(default);
            await ledger.InsertAsync([], default);
            await ledger.DeleteBeforeAsync(DateTimeOffset.UnixEpoch, default);
            await ledger.FindAsync(new LedgerQuery());
            await ledger.SumAsync(new LedgerQuery(), LedgerGrouping.Day);
            await ledger.SumDaysAsync(new LedgerQuery(), 1);
        }

        Assert.Equal(["Ledger writer", "Ledger writer", "Ledger writer", "Ledger reader", "Ledger reader", "Ledger reader", "Ledger writer"], store.Threads);
    }

    [Fact]
    public async Task AQuestionThatTakesLong_KeepsNeitherRowsNorAnotherQuestion()
    {
        var store = new BlockingStore();
        await using var ledger = new ThreadedLedger(store);
        using var answered = new ManualResetEventSlim();
        store.OnFind = answered.Wait;
        var slow = ledger.FindAsync(new LedgerQuery());
        await ledger.InsertAsync([], default);
        await ledger.SumAsync(new LedgerQuery(), LedgerGrouping.Day);
        Assert.False(slow.IsCompleted);
        answered.Set();
        await slow;
    }

    [Fact]
    public async Task AFailure_IsTheCallers_AndTheNextCallIsMade()
    {
        var store = new BlockingStore { OnFind = () => throw new IOException("The disk is gone.") };
        await using var ledger = new ThreadedLedger(store);
        await Assert.ThrowsAsync<IOException>(() => ledger.FindAsync(new LedgerQuery()));
        store.OnFind = null;
        Assert.Empty(await ledger.FindAsync(new LedgerQuery()));
    }

    /// <summary>The page of somebody who is still reading while the process ends.</summary>
    [Fact]
    public async Task AQuestionAfterTheEnd_IsAskedAllTheSame()
    {
        var ledger = new ThreadedLedger(new BlockingStore());
        await ledger.DisposeAsync();
        Assert.Empty(await ledger.FindAsync(new LedgerQuery()));
    }

    private sealed class BlockingStore : ILedgerStore
    {
        private readonly List<string?> _threads = [];

        public IReadOnlyList<string?> Threads => _threads;

        public Action? OnFind { get; set; }

        public Task OpenAsync(CancellationToken cancellationToken) => Note();

        public Task InsertAsync(IReadOnlyList<LedgerRow> rows, CancellationToken cancellationToken) => Note();

        public async Task<bool> DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
        {
            await Note();
            return true;
        }

        public bool IsFaultOfRows(Exception exception) => false;

        public async Task<IReadOnlyList<LedgerRow>> FindAsync(LedgerQuery query, CancellationToken cancellationToken = default)
        {
            OnFind?.Invoke();
            await Note();
            return [];
        }

        public async Task<IReadOnlyList<LedgerSum>> SumAsync(LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken = default)
        {
            await Note();
            return [];
        }

        public async Task<IReadOnlyList<LedgerDay>> SumDaysAsync(LedgerQuery query, int most, CancellationToken cancellationToken = default)
        {
            await Note();
            return [];
        }

        public ValueTask DisposeAsync() => new(Note());

        private Task Note()
        {
            lock (_threads) _threads.Add(Thread.CurrentThread.IsThreadPoolThread ? "pool" : Thread.CurrentThread.Name);
            return Task.CompletedTask;
        }
    }
}
