using OrleansLlm.Grains.Inference;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Rules.Inference;

public class InsistenceTests
{
    private readonly ManualTime _time = new();
    private int _said;

    [Fact]
    public async Task ItIsSaidAgain_UntilItArrives()
    {
        var told = Insistence.UntilAsync(() => ++_said < 4 ? throw new TimeoutException() : Task.CompletedTask, TimeSpan.FromSeconds(60), _time, CancellationToken.None);
        foreach (var (seconds, said) in ((double, int)[])[(0.25, 1), (0.5, 2), (1, 3), (2, 4)])
        {
            await Eventually.UntilAsync(() => _time.ArmedTimers == 1, "it waits");
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.Equal(said - 1, _said);
            _time.Advance(TimeSpan.FromTicks(1));
            await Eventually.UntilAsync(() => _said == said, $"it is said {said} times");
        }

        Assert.True(await told);
    }

    [Fact]
    public async Task ItIsSaidAsLongAsItIsWorthIt()
    {
        var told = Insistence.UntilAsync(() => throw new TimeoutException(), TimeSpan.FromSeconds(10), _time, CancellationToken.None);
        await Eventually.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return told.IsCompleted;
            },
            "it gives up");
        Assert.False(await told);
        Assert.InRange(_time.GetUtcNow() - new ManualTime().GetUtcNow(), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task WithTheProcess_ItEnds()
    {
        using var over = new CancellationTokenSource();
        var told = Insistence.UntilAsync(() => throw new TimeoutException(), TimeSpan.FromSeconds(60), _time, over.Token);
        await over.CancelAsync();
        Assert.False(await told);
    }
}
