using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Anthropic's own client, with an Ollama behind the gateway.</summary>
public class AnthropicClientTests
{
    [Fact]
    public async Task ItTalksToAnOllamaModel()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        var client = Client(gateway);
        var message = await client.Messages.Create(Ask("Hello there"));
        Assert.True(Assert.Single(message.Content).TryPickText(out var text));
        Assert.Equal("This is a simulated answer from m to: Hello there", text.Text);
        Assert.True(message.Usage.InputTokens > 0 && message.Usage.OutputTokens > 0);

        var (said, tokens) = (new StringBuilder(), 0L);
        await foreach (var e in client.Messages.CreateStreaming(Ask("Hello there")))
        {
            if (e.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece)) said.Append(piece.Text);
            if (e.TryPickDelta(out var end)) tokens = end.Usage.OutputTokens;
        }

        Assert.Equal((text.Text, message.Usage.OutputTokens), (said.ToString(), tokens));
    }

    [Fact]
    public async Task ItCallsTools_CountsTokens_AndListsModels()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        var client = Client(gateway);
        var city = new Dictionary<string, JsonElement> { ["city"] = JsonSerializer.SerializeToElement(new { type = "string" }) };
        var tool = new Tool { Name = "get_weather", Description = "d", InputSchema = new() { Properties = city } };
        var message = await client.Messages.Create(Ask("Call get_weather") with { Tools = [tool] });
        Assert.True(Assert.Single(message.Content).TryPickToolUse(out var use));
        Assert.Equal(("get_weather", "Call get_weather"), (use.Name, use.Input["city"].GetString()));
        Assert.True((await client.Messages.CountTokens(new MessageCountTokensParams { Model = "public", Messages = [new UserMessageParam("four bytes a token")] })).InputTokens is >= 4 and < 8);
        Assert.Equal(["public"], (await client.Models.List()).Items.Select(m => m.ID));
    }

    [Fact]
    public async Task ItKnowsOurErrors()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        var client = Client(gateway);
        Assert.Equal(404, (int)(await Assert.ThrowsAnyAsync<AnthropicApiException>(() => client.Messages.Create(Ask("x") with { Model = "nobody" }))).StatusCode);
    }

    [Theory]
    [InlineData("""{"type":"create"}""")]
    [InlineData("""{"type":"continue","previous_message_id":"msg_1"}""")]
    public async Task AThread_IsRefusedInTheWordsOnWhichClientsSendEverything(string thread)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(DoorGateway.Config(ollama, "ollama_chat"));
        var refused = await gateway.PostAsync(DoorGateway.Ask(DoorGateway.Anthropic, "x", more: $",\"thread\":{thread}"), path: DoorGateway.PathOf(DoorGateway.Anthropic));
        Assert.Equal(400, (int)refused.StatusCode);
        using var json = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        var error = json.RootElement.GetProperty("error");
        Assert.Equal(
            ("invalid_request_error", "thread_unsupported_request"), (error.GetProperty("type").GetString(), error.GetProperty("details").GetProperty("error_code").GetString()));
        Assert.Equal(JsonValueKind.Array, error.GetProperty("details").GetProperty("unsupported").ValueKind);
        Assert.Equal(0, ollama.Stats.Started);
    }

    private static AnthropicClient Client(TestGateway gateway) => new() { BaseUrl = gateway.Address.ToString().TrimEnd('/'), ApiKey = "test", MaxRetries = 0 };

    private static MessageCreateParams Ask(string text) => new() { Model = "public", MaxTokens = 1000, Messages = [new UserMessageParam(text)] };
}
