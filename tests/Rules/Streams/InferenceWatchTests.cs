using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Api.Streams;
using OrleansLlm.Inference;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Streams;

public class InferenceWatchTests
{
    private readonly ManualTime _time = new();
    private readonly Inference _inference = new();

    [Fact]
    public async Task ASilentInference_IsAskedEachSecondAfterTwo()
    {
        using var watch = new InferenceWatch(_time, NullLogger<InferenceWatch>.Instance);
        using var left = new CancellationTokenSource();
        await using var events = watch.Open(_inference, Never, left.Token);
        var waits = events.MoveNextAsync().AsTask();
        Advance(1);
        Assert.Equal(0, _inference.Asked);
        Advance(2);
        Assert.Equal(2, _inference.Asked);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
    }

    /// <summary>Its events take no calls where they are handed over: to the engine it would be idle, and be collected in the middle of its answer.</summary>
    [Fact]
    public async Task AnInferenceWhoseAnswerFlows_IsAskedOftenEnoughToStay()
    {
        using var watch = new InferenceWatch(_time, NullLogger<InferenceWatch>.Instance);
        var given = Channel.CreateUnbounded<InferenceEvent>();
        await using var events = watch.Open(_inference, stop => given.Reader.ReadAllAsync(stop), CancellationToken.None);
        await FlowAsync((4 * 60) - 1);
        Assert.Equal(0, _inference.Asked);
        await FlowAsync(1);
        Assert.Equal(1, _inference.Asked);
        await FlowAsync(4 * 60);
        Assert.Equal(2, _inference.Asked);

        async Task FlowAsync(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                var next = events.MoveNextAsync();
                given.Writer.TryWrite(new TokenChunk("{}"u8.ToArray()));
                Assert.True(await next);
                Advance(1);
            }
        }
    }

    /// <summary>However long its client takes: an inference in another process that hears nothing of its reader gives it up.</summary>
    [Fact]
    public async Task AnInferenceElsewhere_HearsOfAReaderThatWaitsForItsClient()
    {
        using var watch = new InferenceWatch(_time, NullLogger<InferenceWatch>.Instance);
        await using var events = watch.Open(_inference, Never, CancellationToken.None);
        Advance(20);
        Assert.InRange(_inference.Asked, 9, 10);
    }

    /// <summary>It has ended while it was asked, and gone: another activation answers. Its reader's thread has not come to what it was handed yet.</summary>
    [Fact]
    public async Task AnInferenceThatHasHandedOverItsEnd_IsNotLost_AndIsReadToItsEnd()
    {
        using var watch = new InferenceWatch(_time, NullLogger<InferenceWatch>.Instance);
        var handovers = new Handovers();
        var request = new InferenceRequest { Model = "m", User = "u", Body = "{}"u8.ToArray(), Stream = true, Created = 0 };
        await using var events = watch.Open(_inference, stop => new HandedEvents(handovers, _inference, "i", request, stop), CancellationToken.None);
        var thread = new BusyThread();
        var first = thread.Begin(() => events.MoveNextAsync().AsTask());
        var handover = handovers.Find("i")!;
        await handover.GiveAsync(new TokenChunk("{}"u8.ToArray()));
        await handover.GiveAsync(new TokenChunk("{}"u8.ToArray()));
        handover.End();
        _inference.Runs = false;
        await events.AskAsync();
        thread.GoOn();
        Assert.True(await first);
        Assert.True(await events.MoveNextAsync());
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task AnInferenceThatIsNotThereAnyMore_IsLost()
    {
        using var watch = new InferenceWatch(_time, NullLogger<InferenceWatch>.Instance);
        await using var events = watch.Open(_inference, Never, CancellationToken.None);
        var first = events.MoveNextAsync().AsTask();
        _inference.Runs = false;
        Advance(2);
        await Assert.ThrowsAsync<ContactLostException>(() => first);
    }

    private static async IAsyncEnumerable<InferenceEvent> Never([EnumeratorCancellation] CancellationToken stop)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        yield break;
    }

    private void Advance(int seconds)
    {
        for (var i = 0; i < seconds; i++) _time.Advance(TimeSpan.FromSeconds(1));
    }

    /// <summary>What goes on there waits until it is told to.</summary>
    private sealed class BusyThread : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback, object?)> _waiting = new();

        public override void Post(SendOrPostCallback d, object? state) => _waiting.Enqueue((d, state));

        public T Begin<T>(Func<T> begin)
        {
            var own = Current;
            SetSynchronizationContext(this);
            try
            {
                return begin();
            }
            finally
            {
                SetSynchronizationContext(own);
            }
        }

        public void GoOn()
        {
            while (_waiting.TryDequeue(out var next)) next.Item1(next.Item2);
        }
    }

    private sealed class Inference : IInferenceGrain
    {
        public int Asked { get; private set; }

        public bool Runs { get; set; } = true;

        public Task<bool> IsRunningAsync()
        {
            Asked++;
            return Task.FromResult(Runs);
        }

        public IAsyncEnumerable<InferenceEvent> RunAsync(InferenceRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<bool> RunHereAsync(InferenceRequest request) => Task.FromResult(true);

        public Task StartAsync(InferenceRequest request) => throw new NotSupportedException();

        public Task<Failure?> StartInBackgroundAsync(InferenceRequest request) => throw new NotSupportedException();

        public Task<LogAnswer> ReadLogAsync(LogQuery query) => throw new NotSupportedException();

        public Task<bool> CancelResumableAsync(string caller) => throw new NotSupportedException();

        public Task CancelAsync() => throw new NotSupportedException();

        public Task CloseAsync() => throw new NotSupportedException();
    }
}
