using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Public names with stars: who is served by them, and what a client sees in the list of models.</summary>
public class WildcardTests
{
    [Fact]
    public async Task TheList_HasWhatTheBackendHas_AndThePatternsWhereTheyAreAskedFor()
    {
        await using var ollama = await Setup.OllamaAsync("qwen3");
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("\"local/*\"", ollama, model: "*") + "  - {model_name: \"openai/*\", litellm_params: {model: \"openai/*\", api_key: k}}\n"));
        await gateway.UntilAsync(ollama.BaseAddress, b => !b.ModelsAvailable.IsEmpty, "the first probe has answered");
        var names = await ListAsync(gateway, "");
        Assert.Contains(names, n => n.StartsWith("local/qwen3", StringComparison.Ordinal));
        Assert.Contains("openai/gpt-4o", names);
        Assert.DoesNotContain(names, n => n.Contains('*'));
        Assert.Superset(new HashSet<string>(["local/*", "openai/*"]), (await ListAsync(gateway, "?return_wildcard_routes=true")).ToHashSet());
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat(names.First(n => n.StartsWith("local/", StringComparison.Ordinal)), "x"))).StatusCode);
        Assert.Contains("local/qwen3", await gateway.Http.GetStringAsync("/api/tags"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    public async Task AModelThatIsNotThere_CostsNobodyTheOthers(string provider)
    {
        await using var upstream = await Setup.OllamaAsync("there");
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("\"*\"", upstream, provider, "*"), "router_settings: {num_retries: 0, cooldown_time: 3600}\n"));

        Assert.Equal(404, await StatusAsync(gateway, "missing"));

        Assert.Equal(200, await StatusAsync(gateway, "there"));
        Assert.Equal(503, await StatusAsync(gateway, "missing"));
        Assert.Equal(404, await StatusAsync(gateway, "missing-too"));
    }

    /// <summary>One deployment has one model: without it, nothing of the deployment is left. A wildcard goes on.</summary>
    [Theory]
    [InlineData("m", "DeploymentSidelined", "is sidelined for 3600 s.")]
    [InlineData("*", "ModelSidelined", "what else it has goes on.")]
    public async Task AModelThatIsNotThere_IsToldAsWhatItCosts(string model, string told, string text)
    {
        await using var upstream = await Setup.OllamaAsync("there");
        using var logs = new CapturedLogs();
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model($"\"{model}\"", upstream, model: model), Setup.QuietWith(", cooldown_time: 3600", upstream)), time: new ManualTime(), logs: logs);

        Assert.Equal(404, await StatusAsync(gateway, "m"));

        await Eventually.UntilAsync(() => logs.Of("DeploymentSidelined").Count + logs.Of("ModelSidelined").Count > 0, "it is told");
        Assert.Contains(text, Assert.Single(logs.Of(told)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheAccountOfAWildcard_IsThatOfAllItsModels()
    {
        await using var upstream = await Setup.OllamaAsync("there");
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("\"*\"", upstream, "openai", "*"), "router_settings: {num_retries: 0, cooldown_time: 3600}\n"));
        upstream.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 402, Body = """{"error":"Insufficient Balance"}""", Count = 1 });

        Assert.NotEqual(200, await StatusAsync(gateway, "there"));

        Assert.Equal(503, await StatusAsync(gateway, "another"));
    }

    private static async Task<int> StatusAsync(TestGateway gateway, string model) => (int)(await gateway.PostAsync(TestGateway.Chat(model, "x"))).StatusCode;

    private static async Task<List<string>> ListAsync(TestGateway gateway, string query) =>
        [.. JsonDocument.Parse(await gateway.Http.GetStringAsync("/v1/models" + query)).RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!)];
}
