using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>A model's limits and budgets hold by whatever name it is asked for, and when it stands in for another one.</summary>
public class ModelNameTests
{
    private const string Wildcard = "  - {model_name: \"any/*\", litellm_params: {model: \"ollama_chat/*\", api_base: \"BASE\"}}\n";

    [Fact]
    public async Task AConfiguredLimit_HoldsForEveryNameOfTheModel()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "  limits: {models: {m: {rpm: 3}}}\n");
        var key = await gateway.NewKeyAsync(new { });
        var first = await gateway.ChatAsync(key);
        var id = first.Headers.GetValues("x-litellm-model-id").Single();
        Assert.Equal((200, 200, 200), ((int)first.StatusCode, await gateway.ChatStatusAsync(key, id), await gateway.ChatStatusAsync(key, "ollama_chat/m")));
        foreach (var name in (string[])["m", id, "ollama_chat/m"]) Assert.Equal(429, await gateway.ChatStatusAsync(key, name));
        Assert.Equal(200, await gateway.ChatStatusAsync(key, "n"));
    }

    [Fact]
    public async Task AKeysLimitForAModel_HoldsForEveryNameOfIt()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { model_rpm_limit = new { m = 1 } });
        Assert.Equal((200, 429, 429), (await gateway.ChatStatusAsync(key, "ollama_chat/m"), await gateway.ChatStatusAsync(key, "ollama_chat/m"), await gateway.ChatStatusAsync(key)));
    }

    [Fact]
    public async Task AWildcardsName_LimitsAllThatItServes()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, "  limits: {models: {\"any/*\": {rpm: 3}}}\n");
        var key = await gateway.NewKeyAsync(new { });
        var own = await gateway.NewKeyAsync(new { model_rpm_limit = new Dictionary<string, int> { ["any/*"] = 1 } });
        Assert.Equal(200, await gateway.ChatStatusAsync(own, "any/m"));
        Assert.Contains("model: any/*, of this key", (await Setup.ErrorAsync(await gateway.ChatAsync(own, "any/m"))).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal((200, 200, 429), (await gateway.ChatStatusAsync(key, "any/m"), await gateway.ChatStatusAsync(key, "any/m"), await gateway.ChatStatusAsync(key, "any/m")));
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("lost")]
    public async Task TheRequestsOwnFallback_CountsForTheKeysLimitOfThatModel(string asked)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { model_rpm_limit = new { m = 2 } });
        Assert.Equal((200, 200), (await FallBackAsync(), await FallBackAsync()));
        Assert.NotEqual(200, await FallBackAsync());
        Assert.Equal(429, await gateway.ChatStatusAsync(key));
        // Of two, the one that may still serve does.
        Assert.Equal(200, (int)(await gateway.ChatAsync(key, asked, fallbacks: new[] { "m", "n" })).StatusCode);

        async Task<int> FallBackAsync() => (int)(await gateway.ChatAsync(key, asked, fallbacks: new[] { "m" })).StatusCode;
    }

    [Fact]
    public async Task AStandInsLimit_IsTheAnswer_WhereTheModelItselfIsUnknown()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { model_rpm_limit = new { m = 1 } });
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        var refused = await gateway.ChatAsync(key, "nowhere", fallbacks: new[] { "m" });
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Contains("model: m, of this key", (await Setup.ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheOperatorsFallback_CountsForTheModelThatStandsIn_AndWhatItCostsIsOfItsBudget()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(
            ollama, "  limits: {models: {paid: {max_budget: 15}, lost: {tpm: 5000, max_budget: 15}}}\n", more: "litellm_settings: {fallbacks: [{lost: [paid]}]}\n");
        var key = await gateway.NewKeyAsync(new { });
        Assert.Equal((200, 200), (await gateway.ChatStatusAsync(key, "lost"), await gateway.ChatStatusAsync(key, "lost")));
        Assert.NotEqual(200, await gateway.ChatStatusAsync(key, "lost"));
        var refused = await Setup.ErrorAsync(await gateway.ChatAsync(key, "paid"));
        Assert.Contains("Current cost: 20.0", refused.GetProperty("message").GetString(), StringComparison.Ordinal);
        // The model that has served nothing has spent nothing: it fails by itself, and not by its budget.
        Assert.DoesNotContain("Budget", (await Setup.ErrorAsync(await gateway.ChatAsync(key, "lost"))).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithTheCache_AStandInCountsAsWell()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama, more: "litellm_settings: {cache: true, fallbacks: [{lost: [m]}]}\n");
        var key = await gateway.NewKeyAsync(new { model_rpm_limit = new { m = 1 } });
        Assert.Equal(200, await AskAsync("one"));
        Assert.Equal(429, await AskAsync("two"));

        async Task<int> AskAsync(string text) => (int)(await gateway.PostAsync(
            "/v1/chat/completions", new { model = "lost", messages = new[] { new { role = "user", content = text } } }, key)).StatusCode;
    }

    /// <summary>It is refused when the answer is there: what that has cost is counted all the same.</summary>
    [Fact]
    public async Task WithTheCache_AStandInThatIsRefused_IsPaidFor()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, more: "litellm_settings: {cache: true, fallbacks: [{lost: [paid]}]}\n");
        var key = await gateway.NewKeyAsync(new { max_budget = 1000, model_rpm_limit = new { paid = 1 } });
        Assert.Equal((200, 429), (await AskAsync("one"), await AskAsync("two")));
        var spent = (await gateway.AskAsync($"/key/info?key={key}")).GetProperty("info").GetProperty("spend").GetDouble();
        Assert.InRange(spent, 20, 20.1);

        async Task<int> AskAsync(string text) => (int)(await gateway.PostAsync(
            "/v1/chat/completions", new { model = "lost", messages = new[] { new { role = "user", content = text } } }, key)).StatusCode;
    }

    [Fact]
    public async Task ASpentBudget_PaysForNoStandInOfAStandIn()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 10);
        await using var gateway = await StartAsync(ollama, more: "litellm_settings: {fallbacks: [{lost: [lost2]}, {lost2: [paid]}]}\n");
        var key = await gateway.NewKeyAsync(new { max_budget = 5 });
        Assert.Equal((200, 429), (await gateway.ChatStatusAsync(key, "lost"), await gateway.ChatStatusAsync(key, "lost")));
        Assert.Equal(1, ollama.Stats.Started);
    }

    private static Task<KeyGateway> StartAsync(SimulatedOllama ollama, string settings = "", string more = "") => KeyGateway.StartAsync(
        ollama,
        settings,
        models: Model(ollama, "lost", "input_cost_per_token: 0, output_cost_per_token: 0", "absent")
            + Model(ollama, "lost2", "input_cost_per_token: 0, output_cost_per_token: 0", "absent")
            + Model(ollama, "paid", "input_cost_per_token: 0.0000001, output_cost_per_token: 1, max_tokens: 10")
            + Wildcard.Replace("BASE", ollama.BaseAddress.ToString(), StringComparison.Ordinal),
        more: more);

    private static string Model(SimulatedOllama ollama, string name, string parameters, string model = "m") =>
        Setup.Model(name, ollama, model: model).Replace("}}", $", {parameters}}}}}", StringComparison.Ordinal);
}
