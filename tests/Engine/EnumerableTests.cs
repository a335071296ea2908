namespace OrleansLlm.Engine;

public sealed class EnumerableTests(EngineFixture engine)
{
    private readonly string _key = $"seq-{TestContext.Current.Test!.UniqueID}";

    private ISequenceGrain Grain => engine.Grains.GetGrain<ISequenceGrain>(_key);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(5_000)]
    public async Task ReadyElements_ArriveInOrder(int count) =>
        Assert.Equal(Enumerable.Range(0, count), await ReadAsync(Grain.CountAsync(count)));

    [Fact]
    public async Task PacedElements_ArriveInOrder() => Assert.Equal(Enumerable.Range(0, 500), await ReadAsync(Grain.PacedAsync(500)));

    [Fact]
    public async Task ManyReaders_EachGetTheirOwnSequence()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() => ReadAsync(Grain.PacedAsync(50 + i)))));
        for (var i = 0; i < all.Length; i++) Assert.Equal(Enumerable.Range(0, 50 + i), all[i]);
    }

    [Fact]
    public async Task OneEnumerable_MayBeReadTwice()
    {
        var sequence = Grain.CountAsync(3);
        Assert.Equal([0, 1, 2], await ReadAsync(sequence));
        Assert.Equal([0, 1, 2], await ReadAsync(sequence));
    }

    [Fact]
    public async Task Enumeration_InterleavesWithARunningCall()
    {
        var held = Grain.HoldAsync();
        await engine.Witness.Wait($"{_key}/held");
        Assert.Equal([0, 1, 2], await ReadAsync(Grain.PacedAsync(3)));
        engine.Witness.Signal($"{_key}/gate");
        await held;
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(150, false)]
    public async Task Exception_ComesAfterTheElementsBeforeIt(int elements, bool paced)
    {
        var seen = new List<int>();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var item in Grain.FailAfterAsync(elements, paced)) seen.Add(item);
        });
        Assert.Equal("mid-stream", exception.Message);
        Assert.Equal(Enumerable.Range(0, elements), seen);
    }

    [Fact]
    public async Task Grain_RunsAheadByNoMoreThanABatch()
    {
        await using var reader = Grain.CountAsync(1_000).GetAsyncEnumerator();
        var read = 0;
        while (read < 500 && await reader.MoveNextAsync())
        {
            read++;
            Assert.InRange(engine.Witness.Count($"{_key}/made"), read, read + 100);
        }
    }

    [Fact]
    public async Task BatchSize_BoundsTheReadAhead()
    {
        await using var reader = Grain.CountAsync(100).WithBatchSize(5).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        Assert.InRange(engine.Witness.Count($"{_key}/made"), 1, 6);
    }

    [Fact]
    public async Task NeverMoved_NeverStarts()
    {
        await using (Grain.ThenWaitAsync(0).GetAsyncEnumerator())
        {
        }

        Assert.False(engine.Witness.Happened($"{_key}/begun"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task LeavingEarly_EndsTheGrainsSide(int elements)
    {
        await foreach (var item in Grain.ThenWaitAsync(elements))
        {
            if (item == elements - 1) break;
        }

        await engine.Witness.Wait($"{_key}/ended");
        Assert.Equal(["ended by token"], engine.Witness.Log(_key));
        Assert.Equal(0, await Grain.AliveAsync());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public async Task Cancel_WhileWaiting_ReachesBothSides(int elements, bool asArgument)
    {
        using var source = new CancellationTokenSource();
        var sequence = asArgument ? Grain.ThenWaitAsync(elements, source.Token) : Grain.ThenWaitAsync(elements);
        var seen = new List<int>();
        var reading = Task.Run(async () =>
        {
            await foreach (var item in sequence.WithCancellation(asArgument ? CancellationToken.None : source.Token)) seen.Add(item);
        });
        await engine.Witness.Wait($"{_key}/waits");
        await Witness.Until(() => seen.Count == elements, "all elements read");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await engine.Witness.Wait($"{_key}/ended");
        Assert.Equal(["ended by token"], engine.Witness.Log(_key));
    }

    [Fact]
    public async Task Cancel_BeforeTheFirstElement_NeverStarts()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ReadAsync(Grain.ThenWaitAsync(3, new CancellationToken(true))));
        Assert.False(engine.Witness.Happened($"{_key}/begun"));
    }

    [Fact]
    public async Task Deactivation_AbortsTheEnumeration()
    {
        await using var reader = Grain.ThenWaitAsync(2).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        Assert.True(await reader.MoveNextAsync());
        await Grain.LeaveAsync();
        await Assert.ThrowsAsync<EnumerationAbortedException>(async () => await reader.MoveNextAsync());
        await engine.Witness.Wait($"{_key}/ended");
        Assert.Equal(0, await Grain.AliveAsync());
    }

    private static async Task<List<int>> ReadAsync(IAsyncEnumerable<int> sequence)
    {
        var read = new List<int>();
        await foreach (var item in sequence) read.Add(item);
        return read;
    }
}
