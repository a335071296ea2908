using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Streams;

public class HandoverTests
{
    private readonly Handover _handover = new();

    [Fact]
    public async Task AReaderThatWaits_TakesWhatIsGiven_AndTheEndAfterIt()
    {
        var first = _handover.TakeAsync();
        Assert.False(first.IsCompleted);
        Assert.True(_handover.GiveAsync(Chunk("a")).IsCompletedSuccessfully);
        Assert.True(await first);
        Assert.Equal("a", Taken());
        await _handover.GiveAsync(Chunk("b"));
        Assert.False(_handover.HasEnded);
        _handover.End();
        Assert.True(_handover.HasEnded);
        Assert.True(await _handover.TakeAsync());
        Assert.Equal("b", Taken());
        Assert.False(await _handover.TakeAsync());
        Assert.False(await _handover.TakeAsync());
    }

    [Fact]
    public async Task AReaderThatWaits_IsToldTheEnd()
    {
        var waits = _handover.TakeAsync();
        _handover.End();
        Assert.False(await waits);
    }

    [Fact]
    public async Task AFailure_ComesAfterWhatWasGivenBefore()
    {
        await _handover.GiveAsync(Chunk("a"));
        _handover.End(new InvalidOperationException("broken"));
        Assert.True(await _handover.TakeAsync());
        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await _handover.TakeAsync())).Message);
    }

    [Fact]
    public async Task WhoGives_WaitsForRoom_WhenTheReaderHasManyEventsToDo()
    {
        for (var i = 1; i < Handover.MaxEvents; i++) Assert.True(_handover.GiveAsync(Chunk("a")).IsCompletedSuccessfully);
        var full = _handover.GiveAsync(Chunk("a"));
        Assert.False(full.IsCompleted);
        Assert.True(await _handover.TakeAsync());
        await full;
    }

    [Fact]
    public async Task WhoGives_WaitsForRoom_WhenTheReaderHasManyBytesToDo()
    {
        Assert.True(_handover.GiveAsync(Chunk(new string('a', (int)Handover.MaxBytes - 1))).IsCompletedSuccessfully);
        var full = _handover.GiveAsync(new WholeAnswer("b"u8.ToArray()));
        Assert.False(full.IsCompleted);
        Assert.True(await _handover.TakeAsync());
        await full;
        Assert.True(await _handover.TakeAsync());
        Assert.IsType<WholeAnswer>(_handover.Current);
    }

    /// <summary>What does not fit must not hold up its inference for ever, whose lease would be renewed for ever.</summary>
    [Fact]
    public async Task AReaderThatLeaves_HoldsUpNobody_AndHasNotEndedIt()
    {
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        Task full;
        do full = _handover.GiveAsync(Chunk("a"));
        while (full.IsCompleted);

        Assert.False(_handover.HasLeft);
        _handover.Leave(left.Token);
        Assert.True(_handover.HasLeft);
        await full;
        Assert.True(_handover.GiveAsync(Chunk("b")).IsCompletedSuccessfully);
        Assert.Equal(left.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _handover.TakeAsync())).CancellationToken);
        Assert.False(_handover.HasEnded);
        _handover.End();
        Assert.True(_handover.HasEnded);
    }

    [Fact]
    public async Task AReaderThatWaits_IsLetGoWhenItLeaves()
    {
        using var left = new CancellationTokenSource();
        var waits = _handover.TakeAsync();
        await left.CancelAsync();
        _handover.Leave(left.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waits);
    }

    /// <summary>From two threads at once: nothing is lost, repeated or out of order, and neither side stays waiting.</summary>
    [Fact]
    public async Task TwoThreads_HandOverEverythingInOrder()
    {
        const int Events = 20_000;
        var giving = Task.Run(async () =>
        {
            for (var i = 0; i < Events; i++) await _handover.GiveAsync(new InferenceQueued(i, null));
            _handover.End();
        });
        var next = 0;
        while (await _handover.TakeAsync()) Assert.Equal(next++, Assert.IsType<InferenceQueued>(_handover.Current).Position);
        Assert.Equal(Events, next);
        await giving;
    }

    [Fact]
    public void AnInference_HasOneReaderAtATime_AndNoneThatHasLeft()
    {
        var handovers = new Handovers();
        Assert.Null(handovers.Find("a"));
        var open = handovers.Open("a");
        Assert.Same(open, handovers.Find("a"));
        Assert.Throws<InvalidOperationException>(() => handovers.Open("a"));
        handovers.Close("a");
        Assert.Null(handovers.Find("a"));
        Assert.Equal(0, handovers.Count);
    }

    private static TokenChunk Chunk(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    private string Taken() => System.Text.Encoding.UTF8.GetString(Assert.IsType<TokenChunk>(_handover.Current).Json.Span);
}
