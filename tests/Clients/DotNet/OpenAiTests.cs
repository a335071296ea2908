#pragma warning disable OPENAI001 // The client calls some of its parts experimental; their wire is not.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OrleansLlm.Simulator;
using static OrleansLlm.Tests.Clients.ClientGateway;

namespace OrleansLlm.Tests.Clients.DotNet;

/// <summary>The NuGet package OpenAI: chat, embeddings and models. Its responses are tried in tests/Gateway/Responses.</summary>
public class OpenAiTests(GatewayOfEach gateways) : IClassFixture<GatewayOfEach>
{
    private static readonly ChatTool Weather = ChatTool.CreateFunctionTool(
        "get_weather", "The weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));

    private static readonly ChatTool Clock = ChatTool.CreateFunctionTool("get_time", "The time", BinaryData.FromString("""{"type":"object","properties":{}}"""));

    public static TheoryData<string> Providers => [.. ClientGateway.Providers];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AChat_IsAnswered_WholeAndStreamed(string provider)
    {
        var client = Client(provider).GetChatClient("chat");
        var whole = (await client.CompleteChatAsync("Hello there")).Value;
        Assert.Equal((AnswerTo("Hello there"), ChatFinishReason.Stop, "chat"), (whole.Content[0].Text, whole.FinishReason, whole.Model));
        Assert.Equal(whole.Usage.InputTokenCount + whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount);
        Assert.Equal((ChatMessageRole.Assistant, null), (whole.Role, whole.Refusal));

        var (text, usage, finish) = (new StringBuilder(), (ChatTokenUsage?)null, (ChatFinishReason?)null);
        await foreach (var update in client.CompleteChatStreamingAsync("Hello there"))
        {
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            (usage, finish) = (update.Usage ?? usage, update.FinishReason ?? finish);
        }

        Assert.Equal((AnswerTo("Hello there"), ChatFinishReason.Stop), (text.ToString(), finish));
        Assert.Equal(whole.Usage.OutputTokenCount, usage?.OutputTokenCount);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task RolesPartsAndOptions_ReachTheBackend(string provider)
    {
        var gateway = gateways[provider];
        var options = new ChatCompletionOptions
        {
            Temperature = 0.25f, TopP = 0.5f, PresencePenalty = 0.125f, FrequencyPenalty = 0.375f, StopSequences = { "END" }, MaxOutputTokenCount = 2, EndUserId = "ada",
        };
        var cut = (await Client(provider).GetChatClient("chat").CompleteChatAsync(
            [
                new DeveloperChatMessage("Be brief."), new UserChatMessage("before"), new AssistantChatMessage("earlier"),
                new UserChatMessage(ChatMessageContentPart.CreateTextPart("look"), ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes([1, 2, 3]), "image/png")),
            ],
            options)).Value;
        Assert.Equal(("This is", ChatFinishReason.Length), (cut.Content[0].Text, cut.FinishReason));
        using var body = JsonDocument.Parse(gateway.Backend.Stats.Bodies[^1]);
        Assert.Equal(4, body.RootElement.GetProperty("messages").GetArrayLength());
        Assert.Contains("AQID", body.RootElement.GetProperty("messages")[3].ToString(), StringComparison.Ordinal);
        var sampling = provider == "openai" ? body.RootElement : body.RootElement.GetProperty("options");
        Assert.Equal(
            (0.25, 0.5, 0.125, 0.375),
            (sampling.GetProperty("temperature").GetDouble(), sampling.GetProperty("top_p").GetDouble(), sampling.GetProperty("presence_penalty").GetDouble(), sampling.GetProperty("frequency_penalty").GetDouble()));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Tools_AreCalledSideBySide_AndTheirResultsGoBack(string provider)
    {
        var client = Client(provider).GetChatClient("chat");
        var options = new ChatCompletionOptions { Tools = { Weather, Clock } };
        List<ChatMessage> messages = [new UserChatMessage("get_weather and get_time")];
        var asked = (await client.CompleteChatAsync(messages, options)).Value;
        Assert.Equal((ChatFinishReason.ToolCalls, 2), (asked.FinishReason, asked.ToolCalls.Count));
        Assert.Equal("""{"city":"get_weather and get_time"}""", asked.ToolCalls[0].FunctionArguments.ToString());
        messages.Add(new AssistantChatMessage(asked));
        foreach (var call in asked.ToolCalls) messages.Add(new ToolChatMessage(call.Id, $"result of {call.FunctionName}"));
        Assert.Equal(ChatFinishReason.Stop, (await client.CompleteChatAsync(messages, options)).Value.FinishReason);

        var pieces = new SortedDictionary<int, (string? Name, StringBuilder Arguments)>();
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("get_weather and get_time")], options))
        {
            foreach (var piece in update.ToolCallUpdates)
            {
                pieces.TryAdd(piece.Index, (piece.FunctionName, new StringBuilder()));
                pieces[piece.Index].Arguments.Append(piece.FunctionArgumentsUpdate);
            }
        }

        Assert.Equal(
            [("get_weather", """{"city":"get_weather and get_time"}"""), ("get_time", "{}")],
            pieces.Values.Select(p => (p.Name!, p.Arguments.Length == 0 ? "{}" : JsonDocument.Parse(p.Arguments.ToString()).RootElement.GetRawText())));
        options.ToolChoice = ChatToolChoice.CreateNoneChoice();
        Assert.Equal(ChatFinishReason.Stop, (await client.CompleteChatAsync([new UserChatMessage("get_weather")], options)).Value.FinishReason);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AStructuredAnswer_FitsItsSchema(string provider)
    {
        var schema = BinaryData.FromString("""{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}""");
        var options = new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("person", schema, jsonSchemaIsStrict: true) };
        var answer = (await Client(provider).GetChatClient("chat").CompleteChatAsync([new UserChatMessage("Hello there")], options)).Value;
        using var json = JsonDocument.Parse(answer.Content[0].Text);
        Assert.Equal((AnswerTo("Hello there"), 1), (json.RootElement.GetProperty("name").GetString(), json.RootElement.GetProperty("age").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task LogProbabilities_ComeWithTheTokens(string provider)
    {
        var options = new ChatCompletionOptions { IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };
        var answer = (await Client(provider).GetChatClient("chat").CompleteChatAsync([new UserChatMessage("Hello there")], options)).Value;
        Assert.Equal(AnswerTo("Hello there"), string.Concat(answer.ContentTokenLogProbabilities.Select(t => t.Token)));
        Assert.All(answer.ContentTokenLogProbabilities, t => Assert.Equal(2, t.TopLogProbabilities.Count));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Embeddings_AreRead_OneAndMany(string provider)
    {
        var client = Client(provider).GetEmbeddingClient("embedder");
        var one = (await client.GenerateEmbeddingAsync("a text")).Value.ToFloats();
        Assert.Equal(8, one.Length);
        var many = (await client.GenerateEmbeddingsAsync(["another", "a text"])).Value;
        Assert.Equal((2, "embedder"), (many.Count, many.Model));
        Assert.Equal(one.ToArray(), many[1].ToFloats().ToArray());
        Assert.True(many.Usage.InputTokenCount > 0);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Models_AreListedAndFound(string provider)
    {
        var client = Client(provider).GetOpenAIModelClient();
        Assert.Contains((await client.GetModelsAsync()).Value, m => m.Id == "chat" && m.OwnedBy.Length > 0);
        Assert.Equal("chat", (await client.GetModelAsync("chat")).Value.Id);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => client.GetModelAsync("nobody"))).Status);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AClientThatLeaves_IsHeardOfByTheBackend(string provider)
    {
        var gateway = gateways[provider];
        var client = Client(provider).GetChatClient("slow");
        await gateway.LeavesAsync(async () =>
        {
            await foreach (var update in client.CompleteChatStreamingAsync("x"))
            {
                if (update.ContentUpdate.Count > 0 && update.ContentUpdate[0].Text.Length > 0) break;
            }
        });
        await gateway.LeavesAsync(async () =>
        {
            using var leave = new CancellationTokenSource();
            var started = gateway.Slow.Stats.Started;
            var answer = client.CompleteChatAsync([new UserChatMessage("x")], null, leave.Token);
            await Support.Eventually.UntilAsync(() => gateway.Slow.Stats.Started > started, "the inference has begun");
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        });
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Errors_KeepStatusAndWords_AndWhatMayPassIsTriedAgain(string provider)
    {
        var gateway = gateways[provider];
        foreach (var status in (int[])[400, 429, 500, 503])
        {
            gateway.Refuse(status, $"words of a {status}");
            var failed = await Assert.ThrowsAsync<ClientResultException>(() => Client(provider).GetChatClient("chat").CompleteChatAsync("x"));
            Assert.Equal(status, failed.Status);
            Assert.Contains($"words of a {status}", failed.Message, StringComparison.Ordinal);
        }

        Assert.Equal(401, (await Assert.ThrowsAsync<ClientResultException>(() => Client(provider, key: "sk-nobody").GetChatClient("chat").CompleteChatAsync("x"))).Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => Client(provider).GetChatClient("nobody").CompleteChatAsync("x"))).Status);
        gateway.Refuse(500, "once");
        Assert.Equal(ChatFinishReason.Stop, (await Client(provider, retries: 2).GetChatClient("chat").CompleteChatAsync("x")).Value.FinishReason);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AStreamThatBreaks_HasNoFinishReason(string provider)
    {
        // This client reads over the error event of a stream: that nothing says how it finished is all that it can tell.
        gateways[provider].Backend.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3, Message = "the model fell over" });
        var (text, finish) = (new StringBuilder(), (ChatFinishReason?)null);
        await foreach (var update in Client(provider).GetChatClient("chat").CompleteChatStreamingAsync("x"))
        {
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            finish = update.FinishReason ?? finish;
        }

        Assert.Equal(("This is a", null), (text.ToString(), finish));
    }

    private OpenAIClient Client(string provider, string key = Key, int retries = 0) => new(
        new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = gateways[provider].OpenAiAddress, RetryPolicy = new ClientRetryPolicy(retries) });
}
