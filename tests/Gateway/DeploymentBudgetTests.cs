using System.Net;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What single deployments and whole providers may cost.</summary>
public class DeploymentBudgetTests
{
    [Fact]
    public async Task ADeploymentThatHasSpentItsBudget_IsAskedNoMore_AndTheOthersAre()
    {
        await using var dear = await Setup.OllamaAsync();
        await using var other = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Deployment(dear, "order: 1, max_budget: 1, budget_duration: 30d") + Deployment(other, "order: 2"), "router_settings: {num_retries: 0}\n"));
        await AskAsync(gateway);
        Assert.Equal((1L, 0L), (dear.Stats.Requests, other.Stats.Requests));
        await AskAsync(gateway, stream: true);
        await AskAsync(gateway);
        Assert.Equal((1L, 2L), (dear.Stats.Requests, other.Stats.Requests));
    }

    [Fact]
    public async Task WhenNobodyIsLeft_AFallbackServes_ElseItIsTold()
    {
        await using var dear = await Setup.OllamaAsync();
        await using var spare = await Setup.OllamaAsync();
        var folder = Directory.CreateTempSubdirectory().FullName;
        var config = Setup.Config(
            Deployment(dear, "order: 1") + Setup.Model("spare", spare, "ollama"),
            "router_settings: {num_retries: 0, fallbacks: [{m: [spare]}], provider_budget_config: {ollama_chat: {budget_limit: 1, time_period: 30d}}}\n");
        await using (var gateway = await TestGateway.StartAsync(config, folder: folder))
        {
            await AskAsync(gateway);
            var served = await AskAsync(gateway);
            Assert.Contains("\"model\":\"spare\"", await served.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await RefusedAsync(gateway);
            await gateway.StopAsync();
        }

        // What was spent is stored.
        await using var again = await TestGateway.StartAsync(config, folder: folder);
        await RefusedAsync(again);
        Assert.Equal(1, dear.Stats.Requests);

        static async Task RefusedAsync(TestGateway gateway)
        {
            var refused = await gateway.PostAsync("""{"model":"m","disable_fallbacks":true,"messages":[{"role":"user","content":"x"}]}""");
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.Equal("false", refused.Headers.GetValues("x-should-retry").Single());
            var error = await Setup.ErrorAsync(refused);
            Assert.Equal("budget_exceeded", error.GetProperty("code").GetString());
            Assert.StartsWith("No deployments available - crossed budget. Passed model=m", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [InjectedTimeFact]
    public async Task ABudgetBeginsAnew_WhenItsTimeIsOver()
    {
        var time = new ManualTime();
        await using var dear = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Deployment(dear, "max_budget: 1, budget_duration: 1d"), Setup.Quiet(dear)), time);
        await AskAsync(gateway);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        time.Advance(TimeSpan.FromHours(25));
        await AskAsync(gateway);
        Assert.Equal(2, dear.Stats.Requests);
    }

    [Fact]
    public async Task ABudgetThatCannotBeAsked_FailsNobody_AndCountsAsNotSpent()
    {
        var store = new StoreThatMayBeAway(Names.LimitState) { Unread = 1 };
        var logs = new CapturedLogs();
        await using var dear = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Deployment(dear, "max_budget: 1, budget_duration: 30d"), "router_settings: {num_retries: 0}\n"), logs: logs, more: store.StandIn);
        await AskAsync(gateway);
        Assert.Single(logs.Of("BudgetNotKnown"));
        Assert.Empty(logs.Of("InferenceLost"));
        // When it can be asked again, it knows what was spent.
        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
    }

    private static async Task<HttpResponseMessage> AskAsync(TestGateway gateway, bool stream = false)
    {
        var answer = await gateway.PostAsync(TestGateway.Chat("m", "x", stream));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await answer.Content.ReadAsStringAsync();
        return answer;
    }

    private static string Deployment(SimulatedOllama at, string more) =>
        $"  - {{model_name: m, litellm_params: {{model: \"ollama_chat/m\", api_base: \"{at.BaseAddress}\", input_cost_per_token: 1, output_cost_per_token: 1, {more}}}}}\n";
}
