using System.Text.Json;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Models of OpenAI's that have no chat completions, behind doors whose clients know nothing of that.</summary>
public class ResponsesUpstreamTests
{
    private const string Tool = """{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACall_ItsResult_AndTheAnswer_MakeTheRoundTrip(bool stream)
    {
        await using var backend = await Setup.OllamaAsync("gpt-5-codex");
        await using var gateway = await TestGateway.StartAsync(Config("openai/gpt-5-codex", backend));

        var called = await AskAsync(gateway, $$"""[{"role":"user","content":"call get_weather"}],"tools":[{{Tool}}]""", stream);
        var (name, arguments) = Assert.Single(called.Calls);
        Assert.Equal(("get_weather", "tool_calls", "public"), (name, called.Finish, called.Model));
        Assert.Equal("call get_weather", JsonDocument.Parse(arguments).RootElement.GetProperty("city").GetString());

        var answer = await AskAsync(
            gateway,
            $$$"""[{"role":"user","content":"call get_weather"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":{{{JsonSerializer.Serialize(arguments)}}}}}]},{"role":"tool","tool_call_id":"call_1","content":"21"}],"tools":[{{{Tool}}}]""",
            stream);
        Assert.Equal(("This is a simulated answer from gpt-5-codex to: call get_weather", "stop"), (answer.Text, answer.Finish));
        if (!stream) Assert.True(answer.PromptTokens > 0 && answer.CompletionTokens == 10, answer.ToString());
        Assert.All(backend.Stats.Bodies, body => Assert.Contains("\"store\":false", body, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("openai/*", "gpt-5-codex", "gpt-5-codex", "input")]
    [InlineData("openai/*", "responses/m", "m", "input")]
    [InlineData("openai/*", "m", "m", "messages")]
    [InlineData("openai/responses/*", "m", "m", "input")]
    public async Task OfAWildcard_TheNameThatIsAskedForDecides(string configured, string asked, string upstream, string field)
    {
        await using var backend = await Setup.OllamaAsync(upstream);
        await using var gateway = await TestGateway.StartAsync(Config(configured, backend, "any/*"));

        await DoorGateway.ReadAsync(DoorGateway.OpenAi, await gateway.PostAsync(DoorGateway.Ask(DoorGateway.OpenAi, "hi", model: "any/" + asked)), stream: false);

        var sent = JsonDocument.Parse(Assert.Single(backend.Stats.Bodies)).RootElement;
        Assert.Equal((upstream, true), (sent.GetProperty("model").GetString(), sent.TryGetProperty(field, out _)));
    }

    [Theory]
    [InlineData("openai/gpt-5-pro", """{"effort":"low","summary":"auto"}""")]
    [InlineData("openai/gpt-5", null)]
    public async Task AClientOfResponses_HasTheSummaryThatItAsksFor_AndAChatIsToldNothingOfIt(string model, string? expected)
    {
        await using var backend = await Setup.OllamaAsync(model["openai/".Length..]);
        await using var gateway = await TestGateway.StartAsync(Config(model, backend));

        using var answer = await gateway.PostAsync("""{"model":"public","input":"x","reasoning":{"effort":"low","summary":"auto"}}""", path: "/v1/responses");

        Assert.Equal(200, (int)answer.StatusCode);
        var sent = JsonDocument.Parse(Assert.Single(backend.Stats.Bodies)).RootElement;
        Assert.Equal(expected, sent.TryGetProperty("reasoning", out var reasoning) ? reasoning.GetRawText() : null);
        Assert.DoesNotContain("responses_reasoning_summary", sent.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientOfChats_AsksForASummaryAsAtLiteLlm()
    {
        await using var backend = await Setup.OllamaAsync("gpt-5-pro");
        await using var gateway = await TestGateway.StartAsync(Config("openai/gpt-5-pro", backend));

        await AskAsync(gateway, """[{"role":"user","content":"x"}],"reasoning_effort":{"effort":"high","summary":"auto"}""", stream: false);

        Assert.Equal("""{"summary":"auto","effort":"high"}""", JsonDocument.Parse(Assert.Single(backend.Stats.Bodies)).RootElement.GetProperty("reasoning").GetRawText());
    }

    [Fact]
    public async Task WhatOnlyAChatHas_IsNotOffered()
    {
        await using var backend = await Setup.OllamaAsync("gpt-5-codex");
        await using var gateway = await TestGateway.StartAsync(Config("openai/gpt-5-codex", backend));

        using var refused = await gateway.PostAsync("""{"model":"public","prompt":"x"}""", path: "/v1/completions");

        var error = await Setup.ErrorAsync(refused);
        Assert.Equal((400, "operation_not_supported"), ((int)refused.StatusCode, error.GetProperty("code").GetString()));
        Assert.Contains("openai/responses", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(backend.Stats.Bodies);
    }

    private static async Task<DoorGateway.Answer> AskAsync(TestGateway gateway, string messages, bool stream) =>
        await DoorGateway.ReadAsync(DoorGateway.OpenAi, await gateway.PostAsync($$"""{"model":"public","stream":{{(stream ? "true" : "false")}},"messages":{{messages}}}"""), stream);

    private static string Config(string model, SimulatedOllama backend, string name = "public") => Setup.Config(
        $"  - {{model_name: \"{name}\", litellm_params: {{model: \"{model}\", api_base: \"{new Uri(backend.BaseAddress, "v1")}\", api_key: k}}}}\n", Setup.Quiet(backend));
}
