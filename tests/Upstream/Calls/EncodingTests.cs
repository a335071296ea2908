using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Providers;

namespace OrleansLlm.Upstream.Calls;

/// <summary>Answers that come compressed though nobody asked for it.</summary>
public sealed class EncodingTests
{
    private const string Refusal = """{"error":{"message":"No such thing.","param":"messages"}}""";

    /// <summary>One that fills the first buffer to its last byte has others behind it that no packet will announce.</summary>
    private static readonly string Full = Event(new string('x', 4096 - Event("").Length));

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task ACompressedStream_ArrivesEventByEvent(string encoding)
    {
        using var read = new SemaphoreSlim(0);
        await using var service = await Recorder.StartAsync();
        service.Write = async response =>
        {
            await using var packing = Begin(response, encoding, "text/event-stream");
            foreach (var part in new[] { Event("a"), Full + Event("b"), Event("c") })
            {
                await packing.WriteAsync(Encoding.UTF8.GetBytes(part));
                await packing.FlushAsync();
                await response.Body.FlushAsync();
                await read.WaitAsync(TestContext.Current.CancellationToken);
            }

            await packing.WriteAsync("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"u8.ToArray());
        };
        await using var harness = await Harness.StartAsync();
        var soon = new UpstreamTimeouts { FirstToken = TimeSpan.FromSeconds(20), BetweenTokens = TimeSpan.FromSeconds(20) };
        var chunks = new List<UpstreamChunk>();

        await foreach (var chunk in harness.Stream(harness.Request("openai", Harness.Say("hello"), service.BaseAddress) with { Timeouts = soon }))
        {
            chunks.Add(chunk);
            if (new[] { chunk }.Text() is "a" or "b" or "c") read.Release();
        }

        Assert.Equal("abc", chunks.Text().Replace("x", "", StringComparison.Ordinal));
        Assert.Equal("identity", Assert.Single(service.Requests).Headers["Accept-Encoding"]);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task ACompressedRefusal_IsReadable(string encoding)
    {
        await using var service = await Recorder.StartAsync();
        service.Write = async response =>
        {
            response.StatusCode = 400;
            await using var packing = Begin(response, encoding, "application/json");
            await packing.WriteAsync(Encoding.UTF8.GetBytes(Refusal));
        };
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("hello"), service.BaseAddress));

        Assert.Equal((400, "No such thing.", "messages"), (failure.Status, failure.Message, failure.Param));
    }

    [Theory]
    [InlineData("gzip", 200, FailureKind.Garbled)]
    [InlineData("br", 200, FailureKind.Garbled)]
    [InlineData("gzip", 503, FailureKind.Status)]
    [InlineData("br", 503, FailureKind.Status)]
    public async Task WhatIsNotInTheEncodingItNames_IsTheUpstreamsFault(string encoding, int status, FailureKind expected)
    {
        await using var service = await Recorder.StartAsync();
        service.Write = async response =>
        {
            response.StatusCode = status;
            response.ContentType = "text/event-stream";
            response.Headers.ContentEncoding = encoding;
            await response.WriteAsync(new string('!', 100));
        };
        await using var harness = await Harness.StartAsync();

        Assert.Equal(expected, (await harness.FailAsync(harness.Request("openai", Harness.Say("hello"), service.BaseAddress))).Failure.Kind);
        Assert.Equal(status, harness.Report.Status);
    }

    [Fact]
    public async Task WhatUnpacksToTooMuch_IsTooLong()
    {
        await using var service = await Recorder.StartAsync();
        service.Write = async response =>
        {
            await using var packing = Begin(response, "gzip", "text/event-stream");
            await packing.WriteAsync("data: "u8.ToArray());
            for (var megabyte = 0; megabyte < 33; megabyte++) await packing.WriteAsync(new byte[1024 * 1024]);
        };
        await using var harness = await Harness.StartAsync();

        Assert.Equal(FailureKind.LineTooLong, (await harness.FailAsync(harness.Request("openai", Harness.Say("hello"), service.BaseAddress))).Failure.Kind);
    }

    [Fact]
    public async Task ACompressedListOfModels_IsRead()
    {
        await using var service = await Recorder.StartAsync();
        service.Write = async response =>
        {
            await using var packing = Begin(response, "gzip", "application/json");
            await packing.WriteAsync("""{"data":[{"id":"m"}]}"""u8.ToArray());
        };
        await using var harness = await Harness.StartAsync();

        Assert.Equal(["m"], (await harness.Probe.ProbeAsync("openai", service.BaseAddress, null, UpstreamTrust.OfTheSystem, default)).Available!);
    }

    private static string Event(string text) => $"data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n";

    private static Stream Begin(HttpResponse response, string encoding, string contentType)
    {
        response.ContentType = contentType;
        response.Headers.ContentEncoding = encoding;
        return encoding switch
        {
            "gzip" => new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BrotliStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
        };
    }
}
