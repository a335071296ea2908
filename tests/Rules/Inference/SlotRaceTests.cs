using System.Collections.Immutable;
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

    [Fact]
    public async Task WhoHearsThatNothingIsNew_AsksAgain()
    {
        var backend = new Backend { Nothing = 2 };
        backend.Granted.SetResult();
        var race = Race(_ => backend);
        Assert.Equal("a", (await race.RunAsync([new Candidate("a", "b", 0)], CancellationToken.None)).Winner?.DeploymentId);
        Assert.Equal((3, 3), (backend.Waits.Count, race.Position));
        Assert.All(backend.Waits, w => Assert.False(w.WantsPlaces));
    }

    [Fact]
    public async Task WhereOthersWereSeenWaiting_NobodyLooksForAFreeSlot_ForAMoment()
    {
        var time = new ManualTime();
        var queues = new KnownQueues(time);
        var (full, taken) = (new Backend { Free = _ => SlotRefused.BehindOthers }, new Backend());
        full.Granted.SetResult();
        for (var i = 0; i < 3; i++)
        {
            if (i == 2) time.Advance(KnownQueues.Moment);
            var race = Race(name => name == "full" ? full : taken, queues);
            Assert.Equal("full", (await race.RunAsync([new Candidate("a", "full", 0), new Candidate("b", "taken", 0)], CancellationToken.None)).Winner?.Backend);
        }

        Assert.Equal((2, 3), (full.Tries.Count, taken.Tries.Count));
        Assert.Equal((3, 3), (full.Waits.Count, taken.Waits.Count));
    }

    /// <summary>A wait is for one deployment: it would be refused with that one, and the other never be asked.</summary>
    [Fact]
    public async Task TwoDeploymentsOfOneBackend_AreBothAsked_WhoeverWaitsThere()
    {
        var queues = new KnownQueues(TimeProvider.System);
        queues.Saw("b");
        var backend = new Backend
        {
            Free = r => r.DeploymentId == "ill" ? new SlotRefused(RefusalReason.Sidelined, null) : new SlotGranted(TimeSpan.FromSeconds(10), IsProbe: false),
        };
        var result = await Race(_ => backend, queues).RunAsync([new Candidate("ill", "b", 0), new Candidate("well", "b", 0)], CancellationToken.None);
        Assert.Equal("well", result.Winner?.DeploymentId);
    }

    private Task<SlotRaceResult> RunAsync(CancellationToken cancellationToken = default) =>
        Race(name => name == "quick" ? _quick : _slow).RunAsync([new Candidate("a", "quick", 0), new Candidate("b", "slow", 0)], cancellationToken);

    private SlotRace Race(Func<string, IBackendGrain> backends, KnownQueues? queues = null) => new(
        backends, new SlotRequest { RequestId = "r", User = "u", Model = "m" }, _ => "m", TimeProvider.System, _log, queues ?? new KnownQueues(TimeProvider.System));

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

        public Func<SlotRequest, SlotAnswer> Free { get; init; } = _ => SlotRefused.Busy;

        public List<SlotRequest> Tries { get; } = [];

        public List<SlotRequest> Waits { get; } = [];

        /// <summary>So many questions hear that nothing is new.</summary>
        public int Nothing { get; init; }

        public Task<SlotAnswer> TryAcquireAsync(SlotRequest request)
        {
            Tries.Add(request);
            return Task.FromResult(Free(request));
        }

        public async Task<SlotAnswer> WaitAsync(SlotRequest request)
        {
            Waits.Add(request);
            if (Waits.Count <= Nothing) return SlotQueued.NothingNew;
            Asked.TrySetResult();
            await Granted.Task;
            return new SlotGranted(TimeSpan.FromSeconds(10), IsProbe: false) { CameInAt = 3 };
        }

        public Task<bool> RenewAsync(string requestId) => Task.FromResult(true);

        public Task ReleaseAsync(SlotRelease release)
        {
            Interlocked.Increment(ref _releases);
            return Released.Task;
        }

        public Task ProvedAsync(string requestId) => throw new NotSupportedException();

        public Task<BackendSnapshot> GetSnapshotAsync() => throw new NotSupportedException();

        public Task<ImmutableArray<TimeSpan>> GetFirstTokensAsync(ImmutableArray<string> deploymentIds) => throw new NotSupportedException();

        public Task SetDrainingAsync(bool draining) => throw new NotSupportedException();

        public Task ResetAsync() => throw new NotSupportedException();

        public Task<BackendStatus> WatchAsync(TimeSpan lasting) => throw new NotSupportedException();
    }
}
