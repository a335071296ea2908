using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>What /metrics says of what is left to spend.</summary>
public class BudgetMetricTests
{
    /// <summary>A request costs a dollar for each of its ten tokens, and nothing for its prompt.</summary>
    private const string Price = ", input_cost_per_token: 0, output_cost_per_token: 1, max_tokens: 10}}";

    [Fact]
    public async Task KeysTeamsAndUsers_ShowWhatIsLeftOfTheirBudgets_AndThoseWithoutOneNothing()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var keys = await KeyGateway.StartAsync(ollama, models: Setup.Model("paid", ollama).Replace("}}", Price, StringComparison.Ordinal));
        await keys.AskAsync("/team/new", new { team_id = "t", team_alias = "Research", max_budget = 35 });
        await keys.AskAsync("/user/new", new { user_id = "ada", teams = new[] { "t" }, max_budget = 25, auto_create_key = false });
        var key = await keys.NewKeyAsync(new { key_alias = "laptop", user_id = "ada", team_id = "t", max_budget = 8, budget_duration = "30d" });
        var without = await keys.NewKeyAsync(new { key_alias = "free" });
        Assert.Equal((200, 200), (await keys.ChatStatusAsync(key, "paid"), await keys.ChatStatusAsync(without, "paid")));
        var shown = await keys.Gateway.MetricsUntilAsync(m => m["litellm_remaining_api_key_budget_metric"] == -2 && m["litellm_remaining_team_budget_metric"] == 25, "what was spent is seen");

        var ofKey = shown.Samples.Single(s => s.Name == "litellm_remaining_api_key_budget_metric");
        Assert.Equal("laptop", ofKey.Labels["api_key_alias"]);
        Assert.Matches("^[0-9a-f]{64}$", ofKey.Labels["hashed_api_key"]);
        Assert.Equal(8, shown["litellm_api_key_max_budget_metric", ("api_key_alias", "laptop")]);
        Assert.InRange(shown["litellm_api_key_budget_remaining_hours_metric"], 0, 31 * 24);
        Assert.Equal((25, 35), (shown["litellm_remaining_team_budget_metric", ("team", "t"), ("team_alias", "Research")], shown["litellm_team_max_budget_metric"]));
        Assert.Equal((15, 25), (shown["litellm_remaining_user_budget_metric", ("user", "ada")], shown["litellm_user_max_budget_metric"]));
        // Theirs do not begin anew.
        Assert.DoesNotContain(shown.Samples, s => s.Name is "litellm_team_budget_remaining_hours_metric" or "litellm_user_budget_remaining_hours_metric");

        // Another budget, and what was spent stays spent.
        await keys.AskAsync("/key/update", new { key, max_budget = 100 });
        Assert.Equal(200, await keys.ChatStatusAsync(key, "paid"));
        await keys.Gateway.MetricsUntilAsync(m => m["litellm_remaining_api_key_budget_metric"] == 80, "another budget is seen");
    }

    [Fact]
    public async Task OfUsers_OnlyThoseAreNamed_WhomTheConfigurationNames()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", ollama).Replace("}}", Price, StringComparison.Ordinal),
            Setup.Quiet(ollama) + "  limits: {user: {max_budget: 50}, users: {ada: {max_budget: 40, budget_duration: 1d}}}\n"));
        foreach (var user in (string[])["eve", "ada"])
        {
            using var answer = await gateway.PostAsync($$"""{"model":"m","user":"{{user}}","messages":[{"role":"user","content":"x"}]}""");
            Assert.Equal(200, (int)answer.StatusCode);
        }

        var shown = await gateway.MetricsUntilAsync(m => m["litellm_remaining_user_budget_metric", ("user", "ada")] == 30, "what ada has left is seen");
        Assert.InRange(shown["litellm_user_budget_remaining_hours_metric", ("user", "ada")], 0, 24);
        Assert.DoesNotContain(shown.Samples, s => s.Labels.GetValueOrDefault("user") == "eve");
    }
}
