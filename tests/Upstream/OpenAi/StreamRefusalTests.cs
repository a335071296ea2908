using System.Text.Json;
using OrleansLlm.Providers;
using OrleansLlm.Providers.OpenAi;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.OpenAi;

/// <summary>Services that do not stream, or not with <c>stream_options</c>.</summary>
public sealed class StreamRefusalTests
{
    private const string Unverified = "Your organization must be verified to stream this model.";
    private const string OldAzure = "Unrecognized request argument supplied: stream_options";
    private const string Wav = "Unsupported value: 'audio.format' does not support 'wav' when stream=true. Supported values are: 'pcm16'";
    private const string Whole =
        """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}""";

    private const string Events =
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"streamed\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

    [Theory]
    [InlineData(400, "stream", Unverified, false, StreamForm.Whole)]
    [InlineData(400, "stream", Unverified, true, null)]
    [InlineData(400, null, Unverified, false, StreamForm.Whole)]
    [InlineData(400, "stream", "Unsupported value: 'stream' does not support true with this model.", false, StreamForm.Whole)]
    [InlineData(400, "audio.format", Wav, false, StreamForm.Whole)]
    [InlineData(400, "audio.format", Wav, true, null)]
    [InlineData(400, null, OldAzure, true, StreamForm.Stream)]
    [InlineData(400, "stream_options", "Unknown parameter: 'stream_options'.", true, StreamForm.Stream)]
    [InlineData(400, "stream_options.include_usage", "no", true, StreamForm.Stream)]
    [InlineData(422, null, """[{"type":"extra_forbidden","loc":["body","stream_options"]}]""", false, StreamForm.Stream)]
    [InlineData(400, "stream_options.foo", "Unknown parameter: 'stream_options.foo'.", false, null)]
    [InlineData(400, null, "Unknown parameter: 'stream_options.foo'.", false, null)]
    [InlineData(400, "messages", "stream_options", false, null)]
    [InlineData(400, null, "The upstream is unhappy.", false, null)]
    [InlineData(401, "stream", Unverified, false, null)]
    [InlineData(500, null, OldAzure, false, null)]
    public void ARefusalToStream_IsKnownByItsWords(int status, string? param, string message, bool clientStreams, object? expected) =>
        Assert.Equal((StreamForm?)expected, StreamRefusal.Instead(Failure(status, param, message), StreamForm.StreamWithUsage, clientStreams));

    [Fact]
    public void WhatWasRefusedOnce_IsNotAskedAgain()
    {
        Assert.Null(StreamRefusal.Instead(Failure(400, null, OldAzure), StreamForm.Stream, clientStreams: false));
        Assert.Null(StreamRefusal.Instead(Failure(400, "stream", Unverified), StreamForm.Whole, clientStreams: false));
    }

    [Fact]
    public async Task AModelThatIsNotStreamed_AnswersWhoDidNotAskForAStream_AndTheNextPaysNothing()
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => Asks(asked, "stream") ? Refused("stream", Unverified) : (200, "application/json", Whole);
        await using var harness = await Harness.StartAsync();

        var first = await harness.CollectAsync(Ask(harness, service, streams: false) with { ClientWantsUsage = true });
        await harness.CollectAsync(Ask(harness, service, streams: false));

        Assert.Equal("whole", first.Gather().Message().GetProperty("content").GetString());
        Assert.Equal(new UpstreamUsage(3, 1, 4, Estimated: false), harness.Report.Usage);
        Assert.Equal([true, false, false], service.Requests.Select(asked => Asks(asked, "stream")));
        Assert.Equal([true, false, false], service.Requests.Select(asked => Asks(asked, "stream_options")));
    }

    [Fact]
    public async Task AModelThatIsNotStreamed_TellsWhoAskedForAStream()
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => Asks(asked, "stream") ? Refused("stream", Unverified) : (200, "application/json", Whole);
        await using var harness = await Harness.StartAsync();
        await harness.CollectAsync(Ask(harness, service, streams: false));

        var (failure, _) = await harness.FailAsync(Ask(harness, service, streams: true));

        Assert.Equal((400, "stream", Unverified), (failure.Status, failure.Param, failure.Message));
        Assert.Equal(3, service.Requests.Count);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("azure")]
    public async Task AServiceWithoutStreamOptions_StreamsWithoutThem_AndItsUsageIsEstimated(string provider)
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => Asks(asked, "stream_options") ? Refused(null, OldAzure) : (200, "text/event-stream", Events);
        await using var harness = await Harness.StartAsync();

        var chunks = await harness.CollectAsync(Ask(harness, service, streams: true, provider));
        await harness.CollectAsync(Ask(harness, service, streams: true, provider));

        Assert.Equal("streamed", chunks.Text());
        Assert.True(harness.Report.Usage!.Value.Estimated);
        Assert.Equal([true, false, false], service.Requests.Select(asked => Asks(asked, "stream_options")));
        Assert.All(service.Requests, asked => Assert.True(Asks(asked, "stream")));
    }

    [Fact]
    public async Task WhatOneRequestHoldsBesides_IsNotHeldAgainstItsModel()
    {
        await using var service = await Recorder.StartAsync();
        service.Answer = asked => !Asks(asked, "stream") ? (200, "application/json", Whole)
            : asked.Body.Contains("wav", StringComparison.Ordinal) ? Refused("audio.format", Wav) : (200, "text/event-stream", Events);
        await using var harness = await Harness.StartAsync();

        var audio = await harness.CollectAsync(Ask(harness, service, streams: false, more: ",\"audio\":{\"format\":\"wav\"}"));
        var text = await harness.CollectAsync(Ask(harness, service, streams: false));

        Assert.Equal(("whole", "streamed"), (audio.Text(), text.Text()));
        Assert.Equal(3, service.Requests.Count);
    }

    [Fact]
    public async Task ASecondQuestion_HasTheTimeThatTheFirstHasLeft()
    {
        var time = new ManualTime();
        using var release = new ManualResetEventSlim();
        await using var service = await Recorder.StartAsync();
        service.Answer = asked =>
        {
            if (Asks(asked, "stream"))
            {
                time.Advance(TimeSpan.FromSeconds(4));
                return Refused("stream", Unverified);
            }

            release.Wait(TestContext.Current.CancellationToken);
            return (200, "application/json", Whole);
        };
        await using var harness = await Harness.StartAsync(time: time);
        var call = harness.FailAsync(Ask(harness, service, streams: false) with { Timeouts = new UpstreamTimeouts { FirstToken = TimeSpan.FromSeconds(5) } });
        await Eventually.HappensAsync(() => service.Requests.Count == 2, "it was asked once more");

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(FailureKind.FirstTokenTimeout, (await call).Failure.Kind);
        release.Set();
    }

    [Fact]
    public void WhatWasLearned_IsBounded_AndForgottenAfterAnHour()
    {
        var time = new ManualTime();
        var forms = new StreamForms(time);
        for (var model = 0; model <= StreamForms.Capacity; model++) forms.Learn(Learned($"m{model}"));
        Assert.Equal(1, forms.Count);

        Assert.Equal(StreamForm.Stream, forms.For(Learned($"m{StreamForms.Capacity}")));
        time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(StreamForm.StreamWithUsage, forms.For(Learned($"m{StreamForms.Capacity}")));
    }

    private static UpstreamRequest Learned(string model) => new()
    {
        Provider = "openai", Model = model, PublicModel = model, Body = default, CompletionId = "c", Created = 1, Form = StreamForm.Stream,
    };

    private static UpstreamRequest Ask(Harness harness, Recorder service, bool streams, string provider = "openai", string more = "") =>
        harness.Request(provider, Harness.Say("hello", more), service.BaseAddress) with { ClientStreams = streams };

    private static UpstreamFailure Failure(int status, string? param, string message) =>
        new() { Kind = FailureKind.Status, Status = status, Param = param, Message = message };

    private static (int, string, string) Refused(string? param, string message) =>
        (400, "application/json", JsonSerializer.Serialize(new { error = new { message, type = "invalid_request_error", param, code = "unsupported_value" } }));

    /// <summary>Whether the body asks for it: it is there, and not false.</summary>
    private static bool Asks(Asked asked, string name)
    {
        using var body = JsonDocument.Parse(asked.Body);
        return body.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.False;
    }
}
