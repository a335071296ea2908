using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Security;

/// <summary>Services repeat in their errors what they were asked. The one who asked reads that, and nobody else.</summary>
public class UpstreamWordsTests
{
    private const string Prompt = "adas-secret-prompt";
    private const string Body = $$$"""{"error":{"message":"invalid input [input_value={{{Prompt}}}]","type":"server_error","code":"a sentence with {{{Prompt}}}"}}""";

    [Theory]
    [InlineData(500)]
    [InlineData(429)]
    [InlineData(401)]
    [InlineData(404)]
    public async Task WhatAServiceSays_IsForTheOneWhoAsked_AndNotForOthers_NorForTheLog(int status)
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, logs: logs);
        var (ada, bob) = (await gateway.NewKeyAsync(new { key_alias = "ada" }), await gateway.NewKeyAsync(new { key_alias = "bob" }));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Body = Body, Count = 3 });
        for (var i = 0; i < 3; i++)
        {
            var own = await gateway.ChatAsync(ada);
            Assert.False(own.IsSuccessStatusCode);
            if (i == 0) Assert.Contains(Prompt, await own.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var others = await (await gateway.ChatAsync(bob)).Content.ReadAsStringAsync();
        Assert.Contains("No deployments available", others, StringComparison.Ordinal);
        Assert.Contains($"status {status}", others, StringComparison.Ordinal);
        Assert.DoesNotContain(Prompt, others, StringComparison.Ordinal);
        var health = await gateway.Gateway.Http.GetStringAsync(new Uri("/health", UriKind.Relative));
        Assert.DoesNotContain(Prompt, health + (await gateway.AskAsync("/backend/list")).GetRawText(), StringComparison.Ordinal);
        Assert.Contains(logs.Of("AttemptFailed"), line => line.Contains($"status {status} (server_error)", StringComparison.Ordinal));
        Assert.DoesNotContain(Prompt, logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStreamThatBreaksOff_IsLoggedByItsClass()
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, logs: logs);
        ollama.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 2, Message = Prompt });
        var answer = await gateway.PostAsync("/v1/chat/completions", new { model = "m", stream = true, messages = new[] { new { role = "user", content = "x" } } });
        Assert.Contains(Prompt, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(logs.Of("StreamFailed"));
        Assert.DoesNotContain(Prompt, logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WherePromptsAreWanted_TheLogHasItsWords()
    {
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, "  telemetry: {capture_messages: true}\n", logs: logs);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = Body });
        Assert.Equal(500, await gateway.ChatStatusAsync(KeyGateway.Master));
        Assert.Contains(Prompt, Assert.Single(logs.Of("AttemptFailed")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKeyInTheQueryOfAnAddress_IsSent_AndNowhereShown()
    {
        const string Secret = "query-secret-0123456789";
        var logs = new CapturedLogs();
        await using var ollama = await Setup.OllamaAsync();
        var models = $"  - {{model_name: q, litellm_params: {{model: openai/m, api_base: \"{ollama.BaseAddress}v1?api-key={Secret}\"}}}}\n";
        await using var gateway = await KeyGateway.StartAsync(ollama, models: models, logs: logs);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = $$$"""{"error":{"message":"POST /v1/chat/completions?api-key={{{Secret}}} has failed"}}""", Count = 3 });
        var text = "";
        for (var i = 0; i < 4; i++) text += await (await gateway.ChatAsync(KeyGateway.Master, "q")).Content.ReadAsStringAsync();
        text += (await gateway.AskAsync("/model/info")).GetRawText() + (await gateway.AskAsync("/backend/list")).GetRawText();
        text += await gateway.Gateway.Http.GetStringAsync(new Uri("/health", UriKind.Relative));
        text += JsonSerializer.Serialize(await gateway.Gateway.SnapshotAsync(ollama.BaseAddress));
        Assert.NotEmpty(logs.Of("AttemptFailed"));
        Assert.DoesNotContain(Secret, text + logs.All, StringComparison.Ordinal);
        var refused = await gateway.PostAsync("/backend/new", new { api_base = $"http://127.0.0.1:9/?api-key={Secret}", models = new[] { "m" } });
        Assert.Equal((400, "api_base"), ((int)refused.StatusCode, (await Setup.ErrorAsync(refused)).GetProperty("param").GetString()));
    }
}
