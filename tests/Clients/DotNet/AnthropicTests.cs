using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Helpers.Beta;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;
using OrleansLlm.Simulator;
using static OrleansLlm.Tests.Clients.ClientGateway;
using Beta = Anthropic.Models.Beta.Messages;

namespace OrleansLlm.Tests.Clients.DotNet;

/// <summary>The NuGet package Anthropic: messages, tools and its tool runner, tokens, models.</summary>
public class AnthropicTests(GatewayOfEach gateways) : IClassFixture<GatewayOfEach>
{
    private static readonly Dictionary<string, JsonElement> City = new() { ["city"] = JsonSerializer.SerializeToElement(new { type = "string" }) };

    public static TheoryData<string> Providers => [.. ClientGateway.Providers];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AMessage_IsAnswered_WholeAndStreamed(string provider)
    {
        var client = Client(provider);
        var whole = await client.Messages.Create(Ask("Hello there"));
        Assert.True(Assert.Single(whole.Content).TryPickText(out var text));
        Assert.Equal(AnswerTo("Hello there"), text.Text);
        Assert.True(whole.Usage.InputTokens > 0);

        var (said, tokens, stopped) = (new StringBuilder(), 0L, false);
        await foreach (var e in client.Messages.CreateStreaming(Ask("Hello there")))
        {
            if (e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece)) said.Append(piece.Text);
            if (e.TryPickDelta(out var end)) tokens = end.Usage.OutputTokens;
            stopped |= e.TryPickStop(out _);
        }

        Assert.Equal((text.Text, whole.Usage.OutputTokens, true), (said.ToString(), tokens, stopped));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ATool_IsCalled_WholeAndStreamed(string provider)
    {
        var client = Client(provider);
        var ask = Ask("ask get_weather") with { Tools = [new Tool { Name = "get_weather", Description = "The weather", InputSchema = new() { Properties = City } }] };
        var asked = await client.Messages.Create(ask);
        Assert.True(Assert.Single(asked.Content).TryPickToolUse(out var use));
        Assert.Equal(("get_weather", "ask get_weather"), (use.Name, use.Input["city"].GetString()));
        var arguments = new StringBuilder();
        await foreach (var e in client.Messages.CreateStreaming(ask))
        {
            if (e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickInputJson(out var piece)) arguments.Append(piece.PartialJson);
        }

        Assert.Equal("""{"city":"ask get_weather"}""", arguments.ToString());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task TheToolRunner_GoesOnWithTheResults(string provider)
    {
        var asked = new List<string?>();
        var tool = new BetaRunnableTool
        {
            Name = "get_weather",
            Definition = new Beta.BetaTool { Name = "get_weather", Description = "The weather", InputSchema = new() { Properties = City } },
            Run = (use, _) =>
            {
                asked.Add(use.Input["city"].GetString());
                return Task.FromResult<Beta.BetaToolResultBlockParamContent>("sunny");
            },
        };
        var start = new Beta.MessageCreateParams { Model = "chat", MaxTokens = 1000, Messages = [new Beta.BetaUserMessageParam("ask get_weather")] };
        var final = await Client(provider).Beta.Messages.ToolRunner(start, [tool]).RunUntilDoneAsync();
        Assert.True(Assert.Single(final.Content).TryPickText(out var text));
        Assert.Equal((AnswerTo("ask get_weather"), "ask get_weather"), (text.Text, Assert.Single(asked)));
        using var sent = JsonDocument.Parse(gateways[provider].Backend.Stats.Bodies[^1]);
        Assert.Equal(["user", "assistant", "tool"], sent.RootElement.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString()));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task TheChatClientOfExtensionsAi_IsAnswered_WholeAndStreamed(string provider)
    {
        using var client = Client(provider).AsIChatClient("chat");
        var whole = await client.GetResponseAsync("Hello there");
        Assert.Equal((AnswerTo("Hello there"), ChatFinishReason.Stop), (whole.Text, whole.FinishReason));
        var said = new StringBuilder();
        await foreach (var update in client.GetStreamingResponseAsync("Hello there")) said.Append(update.Text);
        Assert.Equal(whole.Text, said.ToString());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Thinking_IsABlockOfItsOwn(string provider)
    {
        var answer = await Client(provider).Messages.Create(Ask("Hello there") with { Model = "thinker", MaxTokens = 2000, Thinking = new ThinkingConfigEnabled { BudgetTokens = 1024 } });
        Assert.Equal(2, answer.Content.Count);
        Assert.True(answer.Content[0].TryPickThinking(out var thought) && answer.Content[1].TryPickText(out _));
        Assert.Contains("simulated thought", thought.Thinking, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task TokensAreCounted_AndModelsListed(string provider)
    {
        var client = Client(provider);
        Assert.True((await client.Messages.CountTokens(new MessageCountTokensParams { Model = "chat", Messages = [new UserMessageParam("four bytes a token")] })).InputTokens > 0);
        Assert.Contains((await client.Models.List()).Items, m => m.ID == "chat");
        Assert.Equal("chat", (await client.Models.Retrieve("chat")).ID);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AClientThatLeaves_IsHeardOfByTheBackend(string provider)
    {
        var slow = Ask("x") with { Model = "slow", MaxTokens = 3000 };
        await gateways[provider].LeavesAsync(async () =>
        {
            await foreach (var e in Client(provider).Messages.CreateStreaming(slow))
            {
                if (e.TryPickContentBlockDelta(out _)) break;
            }
        });
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Errors_KeepTheirStatus_AndWhatMayPassIsTriedAgain(string provider)
    {
        var gateway = gateways[provider];
        foreach (var (status, seen) in ((int, int)[])[(400, 400), (429, 429), (500, 500), (503, 529)])
        {
            gateway.Refuse(status, $"words of a {status}");
            var failed = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client(provider).Messages.Create(Ask("x")));
            Assert.Equal(seen, (int)failed.StatusCode);
            Assert.Contains($"words of a {status}", failed.ResponseBody, StringComparison.Ordinal);
        }

        Assert.Equal(401, (int)(await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client(provider, "sk-nobody").Messages.Create(Ask("x")))).StatusCode);
        Assert.Equal(404, (int)(await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client(provider).Messages.Create(Ask("x") with { Model = "nobody" }))).StatusCode);
        gateway.Refuse(500, "once");
        Assert.Single((await Client(provider, retries: 2).Messages.Create(Ask("x"))).Content);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AStreamThatBreaks_Throws(string provider)
    {
        gateways[provider].Backend.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = 3, Message = "the model fell over" });
        var said = new StringBuilder();
        var failed = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var e in Client(provider).Messages.CreateStreaming(Ask("x")))
            {
                if (e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece)) said.Append(piece.Text);
            }
        });
        Assert.Contains("the model fell over", failed.ToString(), StringComparison.Ordinal);
        Assert.Equal("This is a", said.ToString());
    }

    private static MessageCreateParams Ask(string text) => new() { Model = "chat", MaxTokens = 1000, Messages = [new UserMessageParam(text)] };

    private AnthropicClient Client(string provider, string key = Key, int retries = 0) =>
        new() { BaseUrl = gateways[provider].Gateway.Address.ToString().TrimEnd('/'), ApiKey = key, MaxRetries = retries };
}
