using OrleansLlm.Limits;
using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Users;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What is kept of users does not stay for ever.</summary>
public class ForgettingTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [InjectedTimeFact]
    public async Task AUserWhoDoesNotComeBack_IsForgotten_WhenAnotherOneOfItsBucketIsSeen_UnlessItHasSpentOfABudget()
    {
        var folder = Directory.CreateTempSubdirectory("orleansllm-forget-").FullName;
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        var (ada, bob, charles) = OfOneBucket();
        // The engine looks for what has expired as the clock moves: it is another clock that is further on.
        foreach (var (days, seen, requests) in ((int, string, long)[])[(0, bob, 2), (399, ada, 2), (800, charles, 0)])
        {
            await using var gateway = await TestGateway.StartAsync(Config(ollama, ada), new ManualTime(Start.AddDays(days)), folder);
            if (days == 0)
            {
                Assert.Equal(200, await ChatAsync(gateway, ada));
                Assert.Equal(200, await ChatAsync(gateway, bob));
            }

            Assert.Equal(200, await ChatAsync(gateway, seen));
            var user = gateway.Grains.GetGrain<IUserGrain>("user:" + bob);
            await Eventually.UntilAsync(async () => (await user.GetUsageAsync()).Requests == requests, $"{requests} requests of bob are known after {days} days");
            Assert.True((await gateway.Grains.GetGrain<IUserGrain>("user:" + ada).GetSpendAsync(null)).Spent > 0);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ErasingAUser_ErasesItsTotals_AndNotWhatItHasSpent()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await Keys.KeyGateway.StartAsync(ollama, "  limits: {users: {ada: {rpm: 1}}}\n");
        Assert.Equal(200, await gateway.ChatStatusAsync(Keys.KeyGateway.Master, user: "ada"));
        var user = gateway.Gateway.Grains.GetGrain<IUserGrain>("user:ada");
        Assert.True(await user.GetUsageAsync() is { Requests: 1, CompletionTokens: 10 });
        var erased = await gateway.SendAsync(HttpMethod.Delete, "/v1/users/user:ada/conversations");
        Assert.Equal(200, (int)erased.StatusCode);
        Assert.True(await user.GetUsageAsync() is { Requests: 0, PromptTokens: 0, CompletionTokens: 0 });
        Assert.Equal(429, await gateway.ChatStatusAsync(Keys.KeyGateway.Master, user: "ada"));
    }

    private static async Task<int> ChatAsync(TestGateway gateway, string user) =>
        (int)(await gateway.PostAsync($$"""{"model":"m","user":"{{user}}","messages":[{"role":"user","content":"x"}]}""")).StatusCode;

    private static (string, string, string) OfOneBucket()
    {
        var names = Enumerable.Range(0, int.MaxValue).Select(i => $"u{i}").Where(n => ScopeBuckets.Of("user:" + n) == ScopeBuckets.Of("user:u0")).Take(3).ToList();
        return (names[0], names[1], names[2]);
    }

    private static string Config(SimulatedOllama ollama, string withBudget) => Setup.Config(
        Setup.Model("m", ollama).Replace("}}", ", output_cost_per_token: 1}}", StringComparison.Ordinal),
        Setup.Quiet(ollama) + $"  limits: {{users: {{{withBudget}: {{max_budget: 1000}}}}}}\n");
}
