using System.ClientModel;
using System.Text;
using OpenAI.Chat;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway;

/// <summary>The official OpenAI client against the gateway, for every kind of upstream.</summary>
public class ChatTests
{
    /// <summary>One for each dialect, and those that speak one with addresses of their own.</summary>
    public static readonly TheoryData<string> Providers = ["ollama_chat", "openai", "azure", "anthropic", "gemini", "vertex_ai"];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task CompleteChat_AnswersWithTextUsageAndFinishReason(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama, provider)));
        var answer = (await gateway.Client("public").CompleteChatAsync("Hello there")).Value;
        Assert.Equal("This is a simulated answer from m to: Hello there", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal("public", answer.Model);
        Assert.True(answer.Usage.OutputTokenCount > 0 && answer.Usage.InputTokenCount > 0);
        Assert.StartsWith("chatcmpl-", answer.Id, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task CompleteChatStreaming_GivesTheSameTextAndAFinalUsage(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama, provider)));
        var text = new StringBuilder();
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (var update in gateway.Client("public").CompleteChatStreamingAsync("Hello there"))
        {
            Assert.Equal("public", update.Model);
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        Assert.Equal("This is a simulated answer from m to: Hello there", text.ToString());
        Assert.Equal(ChatFinishReason.Stop, finish);
        Assert.True(usage?.OutputTokenCount > 0);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Tools_AreCalledAndTheirResultsGoBack(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama, provider)));
        var options = new ChatCompletionOptions
        {
            Tools = { ChatTool.CreateFunctionTool("get_weather", "The weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")) },
        };
        List<ChatMessage> messages = [new UserChatMessage("Call the tool get_weather please")];
        var first = (await gateway.Client("public").CompleteChatAsync(messages, options)).Value;
        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        var call = Assert.Single(first.ToolCalls);
        Assert.Equal("get_weather", call.FunctionName);
        Assert.Equal(System.Text.Json.JsonValueKind.Object, System.Text.Json.JsonDocument.Parse(call.FunctionArguments).RootElement.ValueKind);

        messages.Add(new AssistantChatMessage(first));
        messages.Add(new ToolChatMessage(call.Id, "sunny"));
        var second = (await gateway.Client("public").CompleteChatAsync(messages, options)).Value;
        Assert.Equal(ChatFinishReason.Stop, second.FinishReason);
    }

    [Fact]
    public async Task StreamedTools_ArriveAsDeltasThatTheClientCanAssemble()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama)));
        var options = new ChatCompletionOptions
        {
            Tools = { ChatTool.CreateFunctionTool("get_weather", "The weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")) },
        };
        var arguments = new StringBuilder();
        ChatFinishReason? finish = null;
        await foreach (var update in gateway.Client("public").CompleteChatStreamingAsync([new UserChatMessage("Call the tool get_weather please")], options))
        {
            foreach (var call in update.ToolCallUpdates) arguments.Append(call.FunctionArgumentsUpdate);
            finish = update.FinishReason ?? finish;
        }

        Assert.Equal(ChatFinishReason.ToolCalls, finish);
        Assert.Equal(System.Text.Json.JsonValueKind.Object, System.Text.Json.JsonDocument.Parse(arguments.ToString()).RootElement.ValueKind);
    }

    [Fact]
    public async Task Errors_ReachTheClientAsItsOwnExceptionWithStatusAndMessage()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama), Setup.Quiet(ollama)));
        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => gateway.Client("nobody").CompleteChatAsync("x"));
        Assert.Equal(404, unknown.Status);
        Assert.Contains("Invalid model name passed in model=nobody", unknown.Message, StringComparison.Ordinal);

        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = """{"error":"the upstream's own words"}""" });
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => gateway.Client("public").CompleteChatAsync("x"));
        Assert.Equal(400, refused.Status);
        Assert.Contains("the upstream's own words", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 400)]
    public async Task AModelThatIsNotStreamed_AnswersWhoDidNotAskForAStream(bool stream, int expected)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama, "openai"), Setup.Quiet(ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = """{"error":{"message":"Your organization must be verified to stream this model.","param":"stream"}}""" });

        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream));

        Assert.Equal(expected, (int)response.StatusCode);
    }

    [Fact]
    public async Task DefaultParameters_ReachTheBackend_AndTheBodyOverridesThem()
    {
        await using var ollama = await Setup.OllamaAsync();
        var models = $"  - {{model_name: public, litellm_params: {{model: ollama/m, api_base: \"{ollama.BaseAddress}\", temperature: 0.125, seed: 11, keep_alive: 7m}}}}\n";
        await using var gateway = await TestGateway.StartAsync(Setup.Config(models));
        await gateway.Client("public").CompleteChatAsync([new UserChatMessage("x")], new ChatCompletionOptions { Temperature = 0.5f });
        var sent = System.Text.Json.JsonDocument.Parse(ollama.Stats.Bodies[^1]).RootElement;
        Assert.Equal((0.5, 11), (sent.GetProperty("options").GetProperty("temperature").GetDouble(), sent.GetProperty("options").GetProperty("seed").GetInt32()));
        Assert.Equal("7m", sent.GetProperty("keep_alive").GetString());
        Assert.True(sent.GetProperty("stream").GetBoolean());
    }

    [Fact]
    public async Task AModelThatIsNotNamed_IsTheDefaultModel_OrAClearError()
    {
        await using var ollama = await Setup.OllamaAsync();
        const string noModel = """{"messages":[{"role":"user","content":"x"}]}""";
        await using (var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama), "gateway_settings: {default_model: public}\n")))
        {
            Assert.Equal(200, (int)(await gateway.PostAsync(noModel)).StatusCode);
        }

        await using (var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", ollama))))
        {
            var response = await gateway.PostAsync(noModel);
            Assert.Equal(400, (int)response.StatusCode);
            Assert.Equal("model", (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
        }
    }
}
