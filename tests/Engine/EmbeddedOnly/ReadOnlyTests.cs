namespace OrleansLlm.Engine.EmbeddedOnly;

public class ReadOnlyTests(EngineFixture engine)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task SeededCrowd_WithReaders_NeverOverlapsAReaderAndAWriter(int seed) =>
        Assert.Equal(0, await Crowd.RunAsync(engine.Grains, $"{Guid.CreateVersion7()}-{seed}", seed, reads: true));
}
