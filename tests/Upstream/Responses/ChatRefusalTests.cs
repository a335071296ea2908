using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Responses;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Responses;

/// <summary>Models whose names say nothing, and that refuse a chat: they are asked at the Responses API within the same call.</summary>
public sealed class ChatRefusalTests
{
    private const string Tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";
    private const string WithTools = "Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
    private const string OnlyThere = "This model is only supported in v1/responses and not in v1/chat/completions.";
    private const string OfAzure = "The chatCompletion operation does not work with the specified model, my-codex. Please choose different model and try again.";
    private const string NoChat = "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?";
    private const string Chat = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"chat\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    private const string Response = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"response\"}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n";

    [Theory]
    [InlineData("openai", "gpt-6", 404, OnlyThere, true)]
    [InlineData("openai", "gpt-5.6", 400, WithTools, true)]
    [InlineData("azure", "my-codex", 400, OfAzure, true)]
    [InlineData("openai", "gpt-5.9-ultra", 404, NoChat, true)]
    [InlineData("openai", "davinci-002", 404, NoChat, false)]
    [InlineData("openai", "gpt-6", 500, OnlyThere, false)]
    [InlineData("openai", "gpt-6", 400, "Invalid value: 'This model is only supported in v1/responses'.", false)]
    [InlineData("openai_like", "gpt-6", 404, OnlyThere, false)]
    [InlineData("openai/responses", "gpt-6", 404, OnlyThere, false)]
    public void ARefusalOfChats_IsKnownByItsFirstWords(string provider, string model, int status, string message, bool expected)
    {
        var failure = new UpstreamFailure { Kind = FailureKind.Status, Status = status, Message = message };
        Assert.Equal(expected, ChatRefusals.Is(failure, Request(provider, model), UpstreamProviders.Find(provider)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AModelThatHasNoChat_IsAskedForAResponse_AndTheNextPaysNothing(bool streams)
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => IsChat(asked) ? Refused(404, OnlyThere) : (200, "text/event-stream", Response);
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("openai", Harness.Say("x", ",\"seed\":1,\"max_tokens\":20"), service.BaseAddress) with { Model = "gpt-6", ClientStreams = streams, ClientWantsUsage = true };

        var first = await harness.CollectAsync(request);
        Assert.Equal(("response", "seed"), (first.Text(), Assert.Single(harness.Report.DroppedParameters)));
        Assert.Equal(new UpstreamUsage(3, 1, 4, Estimated: false), harness.Report.Usage);
        await harness.CollectAsync(request);

        Assert.Equal(["/chat/completions", "/responses", "/responses"], service.Requests.Select(asked => asked.Path));
        Assert.All(service.Requests.Skip(1), asked => Assert.Contains("\"max_output_tokens\":20", asked.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AModelThatRefusesAChatWithTools_KeepsChatsWithoutThem()
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => !IsChat(asked) ? (200, "text/event-stream", Response) : asked.Body.Contains("\"tools\"", StringComparison.Ordinal) ? Refused(400, WithTools) : (200, "text/event-stream", Chat);
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("openai", Harness.Say("x"), service.BaseAddress) with { Model = "gpt-5.6" };
        var withTools = harness.Request("openai", Harness.Say("x", Tools), service.BaseAddress) with { Model = "gpt-5.6" };

        foreach (var (asked, text) in new[] { (withTools, "response"), (request, "chat"), (withTools, "response") }) Assert.Equal(text, (await harness.CollectAsync(asked)).Text());

        Assert.Equal(["/chat/completions", "/responses", "/chat/completions", "/responses"], service.Requests.Select(asked => asked.Path));
    }

    [Fact]
    public async Task WhatIsRefusedThereToo_IsToldAsItWasThere_ButAServiceWithoutThatDoorAsAtTheFirst()
    {
        await using var service = await Recorder.StartAsync();
        await using var harness = await Harness.StartAsync();
        var request = harness.Request("openai", Harness.Say("x"), service.BaseAddress) with { Model = "gpt-6" };

        service.Answer = asked => IsChat(asked) ? Refused(404, OnlyThere) : Refused(400, "no such picture");
        Assert.Equal("no such picture", (await harness.FailAsync(request)).Failure.Message);
        service.Answer = asked => IsChat(asked) ? Refused(404, OnlyThere) : Refused(404, "no such page");
        Assert.Equal(OnlyThere, (await harness.FailAsync(request)).Failure.Message);
        Assert.Equal(["/chat/completions", "/responses", "/chat/completions", "/responses"], service.Requests.Select(asked => asked.Path));
    }

    [Fact]
    public void WhatWasLearned_IsBounded_AndForgottenAfterAnHour()
    {
        var time = new ManualTime();
        var chats = new ChatRefusals(time);
        var refused = new UpstreamFailure { Kind = FailureKind.Status, Status = 404, Message = OnlyThere };
        for (var model = 0; model <= ChatRefusals.Capacity; model++) chats.Learn(Request("openai", $"m{model}"), refused);
        Assert.Equal(1, chats.Count);

        Assert.True(chats.Knows(Request("openai", $"m{ChatRefusals.Capacity}")));
        Assert.False(chats.Knows(Request("openai", $"m{ChatRefusals.Capacity}") with { Operation = UpstreamOperation.Completion }));
        time.Advance(TimeSpan.FromMinutes(61));
        Assert.False(chats.Knows(Request("openai", $"m{ChatRefusals.Capacity}")));
    }

    private static UpstreamRequest Request(string provider, string model) => new() { Provider = provider, Model = model, PublicModel = model, Body = default, CompletionId = "c", Created = 1 };

    private static bool IsChat(Asked asked) => asked.Path == "/chat/completions";

    private static (int, string, string) Refused(int status, string message) => (status, "application/json", JsonSerializer.Serialize(new { error = new { message, type = "invalid_request_error" } }));
}
