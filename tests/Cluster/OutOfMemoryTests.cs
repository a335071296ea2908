using OrleansLlm.Simulator;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A silo without memory fails as if its caller had none: the exception crosses the call as it was.</summary>
public class OutOfMemoryTests
{
    /// <summary>One of the calls of an inference, which fails with it.</summary>
    private const string Part = "GetCandidatesForAsync";

    [Fact]
    public async Task ASiloWithoutMemoryForAnInference_IsNotNoticedByTheClient()
    {
        await using var ollama = await Setup.OllamaAsync();
        var failures = 2;
        await using var cluster = await StartAsync(ollama, method => method == Part && Interlocked.Decrement(ref failures) >= 0);
        using var answer = await cluster.ChatAsync("hello");
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.True(Volatile.Read(ref failures) < 0);
        Assert.Single(ollama.Stats.Arrivals);
    }

    /// <summary>Whoever asks the same waits for the run that is under way: where that has ended with its silo's memory, nobody may go on waiting for it.</summary>
    [Fact]
    public async Task ASiloWithoutMemoryForAnAnswerThatIsKept_LetsNobodyWaitForIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        var failures = 2;
        await using var cluster = await StartAsync(
            ollama, method => method == Part && Interlocked.Decrement(ref failures) >= 0, "litellm_settings: {cache: true, cache_params: {type: local}}\n");
        foreach (var _ in (int[])[1, 2])
        {
            using var answer = await cluster.ChatAsync("hello");
            Assert.Equal(200, (int)answer.StatusCode);
        }

        Assert.True(Volatile.Read(ref failures) < 0);
        Assert.Single(ollama.Stats.Arrivals);
    }

    [Fact]
    public async Task ASiloWithoutMemoryForAnythingElse_IsA503WithWords()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await StartAsync(ollama, method => method == "GetSnapshotAsync");
        using var answer = await cluster.Http.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Contains("\"code\":\"overloaded\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<GatewayCluster> StartAsync(SimulatedOllama ollama, Func<string?, bool> fails, string settings = "") => GatewayCluster.StartAsync(
        Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + settings),
        more: silo => silo.AddIncomingGrainCallFilter(context => fails(context.MethodName) ? throw new InsufficientMemoryException() : context.Invoke()));
}
