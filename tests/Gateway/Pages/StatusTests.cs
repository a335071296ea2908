using System.Net.Http.Headers;
using OrleansLlm.Silo.CommandLine;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Pages;

/// <summary>The command <c>status</c> against a running gateway.</summary>
public class StatusTests
{
    [Fact]
    public async Task Status_NamesTheBackendsAndWhoWaits_AsATableOrAsJson()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var keys = await KeyGateway.StartAsync(ollama);
        var ada = await keys.NewKeyAsync(new { key_alias = "ada" });
        var first = keys.ChatAsync(ada);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first request runs");
        var second = keys.ChatAsync(ada);
        await Eventually.UntilAsync(async () => (await keys.Gateway.SnapshotAsync(ollama.BaseAddress)).Waiting == 1, "the second request waits");
        using var http = new HttpClient { BaseAddress = keys.Gateway.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", KeyGateway.Master);

        var (code, text, _) = await ShowAsync(http, json: false);
        Assert.Equal(0, code);
        var lines = text.Split(Environment.NewLine);
        Assert.StartsWith("BACKEND", lines[0], StringComparison.Ordinal);
        Assert.Matches($@"^http://127\.0\.0\.1:{ollama.BaseAddress.Port} +well +1/1 +1 ", lines[1]);
        Assert.StartsWith("  1. ada, priority 0, for ", lines[2], StringComparison.Ordinal);
        Assert.Contains("\"waiting\":1", (await ShowAsync(http, json: true)).Text, StringComparison.Ordinal);

        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(Setup.Second);
                return first.IsCompleted && second.IsCompleted;
            },
            "both are answered");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatGoesWrong_IsSaidInOneLine_AndNotWhereTheTableOrTheJsonIs(bool json)
    {
        await using var ollama = await Setup.OllamaAsync();
        var keys = await KeyGateway.StartAsync(ollama);
        using var http = new HttpClient { BaseAddress = keys.Gateway.Address };
        var (code, text, errors) = await ShowAsync(http, json);
        Assert.Equal((1, "", true), (code, text, errors.Contains("No api key passed in", StringComparison.Ordinal)));
        await keys.DisposeAsync();
        (code, text, errors) = await ShowAsync(http, json);
        Assert.Equal((1, "", 2), (code, text, errors.Split(Environment.NewLine).Length));
    }

    private static async Task<(int Code, string Text, string Errors)> ShowAsync(HttpClient http, bool json)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await StatusCommand.ShowAsync(http, json, output, errors, TestContext.Current.CancellationToken), output.ToString(), errors.ToString());
    }
}
