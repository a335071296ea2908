using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Calls;

public sealed class FaultTests
{
    public static TheoryData<string, FaultKind, int, FailureKind> EndingFaults
    {
        get
        {
            var data = new TheoryData<string, FaultKind, int, FailureKind>();
            foreach (var provider in new[] { "openai", "ollama", "ollama_chat" })
            {
                data.Add(provider, FaultKind.ResetBeforeHeaders, 0, FailureKind.ConnectionLost);
                data.Add(provider, FaultKind.WrongContentType, 0, FailureKind.BadContentType);
                foreach (var tokens in new[] { -1, 0, 3 })
                {
                    data.Add(provider, FaultKind.ResetMidStream, tokens, FailureKind.ConnectionLost);
                    data.Add(provider, FaultKind.CloseMidStream, tokens, FailureKind.ConnectionLost);
                    data.Add(provider, FaultKind.Truncate, tokens, FailureKind.Truncated);
                    data.Add(provider, FaultKind.Garbage, tokens, FailureKind.Garbled);
                    data.Add(provider, FaultKind.GarbledJson, tokens, FailureKind.Garbled);
                    data.Add(provider, FaultKind.EndlessLine, tokens, FailureKind.LineTooLong);
                    data.Add(provider, FaultKind.ErrorEvent, tokens, FailureKind.ErrorEvent);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(EndingFaults))]
    public async Task Stream_WhenUpstreamMisbehaves_FailsWithTheMatchingKind(string provider, FaultKind fault, int afterTokens, FailureKind expected)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = fault, AfterTokens = afterTokens });

        var (failure, before) = await harness.FailAsync(harness.Request(provider, Harness.Say("hello")));

        Assert.Equal(expected, failure.Kind);
        Assert.True(failure.Retryable);
        Assert.False(failure.CallerFault);
        Assert.Equal(!before.Any(chunk => chunk.HasPayload), failure.BeforeFirstToken);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    public async Task Stream_AfterAnyFault_NextCallSucceeds(string provider)
    {
        await using var harness = await Harness.StartAsync();
        foreach (var kind in new[] { FaultKind.ResetMidStream, FaultKind.Truncate, FaultKind.EndlessLine, FaultKind.CloseMidStream })
        {
            harness.Server.Faults.Add(new Fault { Kind = kind, AfterTokens = 1 });
            await harness.FailAsync(harness.Request(provider, Harness.Say("hello")));
            Assert.EndsWith("to: again", (await harness.CollectAsync(harness.Request(provider, Harness.Say("again")))).Text(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("openai", FaultKind.MissingDone)]
    [InlineData("openai", FaultKind.MissingFinishReason)]
    [InlineData("openai", FaultKind.PlainJson)]
    [InlineData("openai", FaultKind.CloseAfterReply)]
    [InlineData("openai", FaultKind.SplitUtf8)]
    [InlineData("openai", FaultKind.Pieces)]
    [InlineData("openai", FaultKind.OmitUsage)]
    [InlineData("ollama", FaultKind.PlainJson)]
    [InlineData("ollama", FaultKind.CloseAfterReply)]
    [InlineData("ollama", FaultKind.SplitUtf8)]
    [InlineData("ollama", FaultKind.Pieces)]
    [InlineData("ollama", FaultKind.OmitUsage)]
    public async Task Stream_WhenTheAnswerIsOddButWhole_Succeeds(string provider, FaultKind fault)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = fault });

        var chunks = await harness.CollectAsync(harness.Request(provider, Harness.Say("grüße 😀 \"x\"")) with { ClientWantsUsage = true });

        Assert.Equal($"This is a simulated answer from {Harness.Model} to: grüße 😀 \"x\"", chunks.Text());
        Assert.Equal("stop", Assert.Single(chunks, chunk => chunk.FinishReason is not null).FinishReason);
        Assert.True(chunks[^1].IsUsageOnly);
        Assert.Equal(fault == FaultKind.OmitUsage, harness.Report.Usage!.Value.Estimated);
    }

    [Fact]
    public async Task Stream_WhenOllamasLastLineIsMissing_FailsWithTruncated()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.MissingFinishReason });

        var (failure, _) = await harness.FailAsync(harness.Request("ollama", Harness.Say("hello")));

        Assert.Equal(FailureKind.Truncated, failure.Kind);
    }

    [Fact]
    public async Task Stream_WhenNobodyListens_FailsWithConnectFailed()
    {
        await using var harness = await Harness.StartAsync();
        using var closed = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        closed.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));

        var (failure, _) = await harness.FailAsync(harness.Request("ollama", Harness.Say("hello"), new Uri($"http://secret:password@{closed.LocalEndPoint}")));

        Assert.Equal(FailureKind.ConnectFailed, failure.Kind);
        Assert.True(failure is { Retryable: true, BeforeFirstToken: true });
        Assert.DoesNotContain("password", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_OfUnknownProvider_ThrowsArgumentExceptionWithTheKnownOnes()
    {
        await using var harness = await Harness.StartAsync();

        var thrown = Assert.Throws<ArgumentException>(() => harness.Stream(harness.Request("claude", Harness.Say("hello")) with { ApiBase = null }));

        Assert.Contains("ollama, ollama_chat, openai", thrown.Message, StringComparison.Ordinal);
    }
}
