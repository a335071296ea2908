using OrleansLlm.Telemetry;

namespace OrleansLlm.Tests.Observability;

/// <summary>Services that do not listen must not make a stop wait for one after the other.</summary>
public class LastWordsTests
{
    [Fact]
    public async Task AllAreSaidAtTheSameTime()
    {
        var both = new CountdownEvent(2);
        Silent[] all = [new(both), new(both)];
        var stop = new LastWords(all).StoppedAsync(TestContext.Current.CancellationToken);
        // Neither ends before both have begun.
        Assert.Equal(0, both.CurrentCount);
        foreach (var one in all) one.End.SetResult();
        await stop;
    }

    private sealed class Silent(CountdownEvent both) : ILastWords
    {
        public TaskCompletionSource End { get; } = new();

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            both.Signal();
            return End.Task;
        }
    }
}
