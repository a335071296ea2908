using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Backends;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Routing;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Inference;

/// <summary>What has refused a request, or lost it, while it waits elsewhere, is asked again when that may have passed.</summary>
public class SlotRaceReturnTests
{
    private static readonly SlotGranted Grant = new(TimeSpan.FromSeconds(15), IsProbe: false);
    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(3);

    private readonly ManualTime _time = new();
    private readonly Script _x = new(), _y = new();

    [Fact]
    public async Task ABackendWhoseCircuitOpens_IsAskedAgain_WhenItMayBeWell()
    {
        var race = RunAsync(new Candidate("x", "x", 0), new Candidate("y", "y", 0));
        await _y.AskedAsync(1);
        (await _x.AskedAsync(1)).SetResult(new SlotRefused(RefusalReason.CircuitOpen, Cooldown));
        await OutsideAsync();
        await PassAsync(Cooldown - TimeSpan.FromTicks(1));
        Assert.Equal(1, _x.Asked);
        await PassAsync(TimeSpan.FromTicks(1));
        (await _x.AskedAsync(2)).SetResult(Grant);
        Assert.Equal("x", (await race).Winner?.Backend);
    }

    [Fact]
    public async Task ABackendThatWasCoolingDown_WhenTheRequestCame_IsAskedAsWell()
    {
        _x.Free = new SlotRefused(RefusalReason.CircuitOpen, Cooldown);
        var race = RunAsync(new Candidate("x", "x", 0), new Candidate("y", "y", 0));
        await _y.AskedAsync(1);
        Assert.Equal(0, _x.Asked);
        await PassAsync(Cooldown);
        (await _x.AskedAsync(1)).SetResult(Grant);
        Assert.Equal("x", (await race).Winner?.Backend);
    }

    /// <summary>No timer is as long as what a service may say in a Retry-After.</summary>
    [Fact]
    public async Task ABackendThatWantsToBeLeftAloneForAYear_DoesNotEndTheWaitElsewhere()
    {
        var race = RunAsync(new Candidate("x", "x", 0), new Candidate("y", "y", 0));
        (await _x.AskedAsync(1)).SetResult(new SlotRefused(RefusalReason.Sidelined, TimeSpan.FromDays(365)));
        await OutsideAsync();
        (await _y.AskedAsync(1)).SetResult(Grant);
        Assert.Equal("y", (await race).Winner?.Backend);
    }

    /// <summary>The call may have been granted a slot that nobody else would know of.</summary>
    [Fact]
    public async Task ABackendThatWasLostInAnEarlierTier_IsToldOfTheLeaseThatItWasAskedFor()
    {
        _x.Free = null;
        var race = RunAsync(new Candidate("x", "x", 0), new Candidate("y", "y", 1));
        (await _y.AskedAsync(1)).SetResult(new SlotRefused(RefusalReason.QueueFull, Cooldown));
        await OutsideAsync();
        _x.Free = Grant;
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal("x", (await race).Winner?.Backend);
        Assert.Contains("r", _x.Released);
    }

    [Fact]
    public async Task ABackendWhoseNodeHasDied_IsAskedAgain_WhileTheRequestWaitsElsewhere()
    {
        var race = RunAsync(new Candidate("x", "x", 0), new Candidate("y", "y", 0));
        await _y.AskedAsync(1);
        (await _x.AskedAsync(1)).SetException(new ContactLostException("gone"));
        await OutsideAsync();
        await PassAsync(TimeSpan.FromSeconds(1));
        (await _x.AskedAsync(2)).SetResult(Grant);
        Assert.Equal("x", (await race).Winner?.Backend);
    }

    /// <summary>It has waited for longer than a node is given to come back: that begins when it goes.</summary>
    [Fact]
    public async Task ALongWait_ThatEndsInALostNode_IsNoFailure()
    {
        var race = RunAsync(new Candidate("x", "x", 0));
        var question = await _x.AskedAsync(1);
        await PassAsync(TimeSpan.FromMinutes(2));
        question.SetException(new ContactLostException("gone"));
        await OutsideAsync();
        await PassAsync(TimeSpan.FromSeconds(1));
        (await _x.AskedAsync(2)).SetResult(Grant);
        var result = await race;
        Assert.Equal("x", result.Winner?.Backend);
        Assert.StartsWith("r+", result.LeaseId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANodeThatDoesNotComeBack_EndsInAFailureThatMayBeTriedAgain()
    {
        _x.Free = null;
        var race = RunAsync(new Candidate("x", "x", 0));
        for (var i = 0; !race.IsCompleted && i < 1000; i++) await PassAsync(TimeSpan.FromSeconds(1));
        var result = await race;
        Assert.Null(result.Winner);
        Assert.Equal(FailureKind.LeaseLost, Failures.NoSlot("m", result.Refusals).Kind);
    }

    /// <summary>A backend has one queue, whichever of its deployments a request waits for.</summary>
    [Theory]
    [InlineData(RefusalReason.Sidelined)]
    [InlineData(RefusalReason.OverLimit)]
    public async Task ADeploymentThatIsRefused_LeavesItsPlaceToItsSibling(RefusalReason reason)
    {
        var race = RunAsync(new Candidate("ill", "x", 0), new Candidate("well", "x", 0));
        (await _x.AskedAsync(1)).SetResult(new SlotRefused(reason, Cooldown));
        (await _x.AskedAsync(2)).SetResult(Grant);
        Assert.Equal("well", (await race).Winner?.DeploymentId);
        Assert.Equal(["ill", "well"], _x.Deployments);
    }

    [Fact]
    public async Task WhenNobodyIsLeftToWaitFor_TheRefusalsAreTold()
    {
        var race = RunAsync(new Candidate("x", "x", 0), new Candidate("y", "y", 0));
        (await _x.AskedAsync(1)).SetResult(new SlotRefused(RefusalReason.CircuitOpen, Cooldown));
        (await _y.AskedAsync(1)).SetResult(new SlotRefused(RefusalReason.QueueFull, TimeSpan.FromSeconds(7)));
        Assert.Equal([RefusalReason.CircuitOpen, RefusalReason.QueueFull], (await race).Refusals.Select(r => r.Reason).Order().Reverse());
    }

    [Fact]
    public async Task WhoLeaves_WhileABackendCoolsDown_AsksNobodyAnyMore()
    {
        using var leave = new CancellationTokenSource();
        var race = RunAsync(leave.Token, new Candidate("x", "x", 0), new Candidate("y", "y", 0));
        await _y.AskedAsync(1);
        (await _x.AskedAsync(1)).SetResult(new SlotRefused(RefusalReason.CircuitOpen, Cooldown));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race);
        Assert.Equal((1, 1), (_x.Asked, _y.Asked));
    }

    private Task<SlotRaceResult> RunAsync(params Candidate[] candidates) => RunAsync(CancellationToken.None, candidates);

    private Task<SlotRaceResult> RunAsync(CancellationToken cancellationToken, params Candidate[] candidates) => new SlotRace(
        name => name == "x" ? _x : _y, new SlotRequest { RequestId = "r", User = "u", Model = "m" }, _ => "m", _time, NullLogger.Instance, new KnownQueues(_time)).RunAsync(candidates, cancellationToken);

    private Task OutsideAsync() => Eventually.UntilAsync(() => _time.ArmedTimers > 0, "it waits for a time to ask again");

    /// <summary>Time passes, and what that sets off has happened.</summary>
    private async Task PassAsync(TimeSpan span)
    {
        _time.Advance(span);
        for (var i = 0; i < 20; i++) await Task.Yield();
    }

    /// <summary>Answers each question when it is told to.</summary>
    private sealed class Script : IBackendGrain
    {
        private readonly Lock _gate = new();
        private readonly List<(string Deployment, TaskCompletionSource<SlotAnswer> Answer)> _questions = [];

        /// <summary>What it says to whoever looks for a free slot; null: it cannot be reached.</summary>
        public SlotAnswer? Free { get; set; } = SlotRefused.Busy;

        public int Asked
        {
            get
            {
                lock (_gate) return _questions.Count;
            }
        }

        public IEnumerable<string> Deployments => _questions.Select(q => q.Deployment);

        public async Task<TaskCompletionSource<SlotAnswer>> AskedAsync(int time)
        {
            await Eventually.UntilAsync(() => Asked >= time, $"question {time}");
            lock (_gate) return _questions[time - 1].Answer;
        }

        public Task<SlotAnswer> TryAcquireAsync(SlotRequest request) => Free is { } free ? Task.FromResult(free) : Task.FromException<SlotAnswer>(new ContactLostException("gone"));

        public Task<SlotAnswer> WaitAsync(SlotRequest request)
        {
            var answer = new TaskCompletionSource<SlotAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate) _questions.Add((request.DeploymentId ?? "", answer));
            return answer.Task;
        }

        public Task<bool> RenewAsync(string requestId) => Task.FromResult(true);

        public Task ProvedAsync(string requestId) => throw new NotSupportedException();

        public List<string> Released { get; } = [];

        public Task ReleaseAsync(SlotRelease release)
        {
            Released.Add(release.RequestId);
            return Task.CompletedTask;
        }

        public Task<BackendSnapshot> GetSnapshotAsync() => throw new NotSupportedException();

        public Task<ImmutableArray<TimeSpan>> GetFirstTokensAsync(ImmutableArray<string> deploymentIds) => throw new NotSupportedException();

        public Task SetDrainingAsync(bool draining) => throw new NotSupportedException();

        public Task ResetAsync() => throw new NotSupportedException();

        public Task<BackendStatus> WatchAsync(TimeSpan lasting) => throw new NotSupportedException();
    }
}
