using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansLlm.Backends;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Routing;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Inference;

public class SlotRaceTests
{
    private readonly Backend _quick = new(), _slow = new();
    private readonly FirstEntry _log = new();

    /// <summary>Its silo may just have died: a call to it is answered by nobody for half a minute.</summary>
    [Fact]
    public async Task TheWinner_DoesNotWaitForAQueueThatCannotBeLeft()
    {
        var race = RunAsync();
        await _slow.Asked.Task;
        _quick.Granted.SetResult();
        var result = await race.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Equal("quick", result.Winner?.Backend);
        Assert.Equal(1, _slow.Releases);
        Assert.False(_slow.Released.Task.IsCompleted);
        _slow.Released.SetResult();
    }

    [Fact]
    public async Task AQueueThatCannotBeLeft_IsToldInTheLog()
    {
        _slow.Released.SetException(new InvalidOperationException("no such queue"));
        var race = RunAsync();
        await _slow.Asked.Task;
        _quick.Granted.SetResult();
        Assert.Equal("quick", (await race.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System)).Winner?.Backend);
        var (name, exception) = await _log.Entry.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Equal(("WithdrawalFailed", "no such queue"), (name, exception?.Message));
    }

    /// <summary>Without a winner the next round asks again: what this one has left behind must be gone.</summary>
    [Fact]
    public async Task AClientThatLeaves_HasLeftEveryQueue()
    {
        using var leave = new CancellationTokenSource();
        var race = RunAsync(leave.Token);
        await Task.WhenAll(_quick.Asked.Task, _slow.Asked.Task);
        await leave.CancelAsync();
        await Eventually.UntilAsync(() => _slow.Releases == 1 && _quick.Releases == 1, "both queues are told");
        Assert.False(race.IsCompleted);
        _quick.Released.SetResult();
        _slow.Released.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race);
    }

    private Task<SlotRaceResult> RunAsync(CancellationToken cancellationToken = default)
    {
        var race = new SlotRace(
            name => name == "quick" ? _quick : _slow, new SlotRequest { RequestId = "r", User = "u", Model = "m" }, _ => "m", TimeProvider.System, _log);
        return race.RunAsync([new Candidate("a", "quick", 0), new Candidate("b", "slow", 0)], cancellationToken);
    }

    private sealed class FirstEntry : ILogger
    {
        public TaskCompletionSource<(string?, Exception?)> Entry { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entry.TrySetResult((eventId.Name, exception));
    }

    /// <summary>Busy; grants when it is told to, and answers a release when it is told to.</summary>
    private sealed class Backend : IBackendGrain
    {
        private int _releases;

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Releases => Volatile.Read(ref _releases);

        public Task<SlotAnswer> TryAcquireAsync(SlotRequest request) => Task.FromResult<SlotAnswer>(new SlotRefused(RefusalReason.Busy, null));

        public async IAsyncEnumerable<SlotAnswer> WaitAsync(SlotRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Asked.TrySetResult();
            yield return new SlotQueued(1, null);
            await Granted.Task.WaitAsync(cancellationToken);
            yield return new SlotGranted(TimeSpan.FromSeconds(10), IsProbe: false);
        }

        public Task<bool> RenewAsync(string requestId) => Task.FromResult(true);

        public Task ReleaseAsync(SlotRelease release)
        {
            Interlocked.Increment(ref _releases);
            return Released.Task;
        }

        public Task<BackendSnapshot> GetSnapshotAsync() => throw new NotSupportedException();

        public Task<ImmutableArray<TimeSpan>> GetFirstTokensAsync(ImmutableArray<string> deploymentIds) => throw new NotSupportedException();

        public Task SetDrainingAsync(bool draining) => throw new NotSupportedException();

        public Task ResetAsync() => throw new NotSupportedException();

        public Task<BackendStatus> WatchAsync(TimeSpan lasting) => throw new NotSupportedException();
    }
}
