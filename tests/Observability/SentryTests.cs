using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Support;
using OrleansLlm.Telemetry.Callbacks;

namespace OrleansLlm.Tests.Observability;

/// <summary>What Sentry is told of failures.</summary>
public class SentryTests
{
    [Fact]
    public async Task AFailure_IsAnEnvelopeWithOneEvent()
    {
        await using var sentry = await Receiver.StartAsync();
        await using var harness = Start(sentry);
        var report = Reports.Failure(7);
        harness.Sender.Ended(report);
        await harness.UntilAsync("delivered", 1);
        var request = sentry.Requests.Single();
        Assert.Equal(("/api/42/envelope/", "application/x-sentry-envelope"), (request.Path, request.Headers["Content-Type"]));
        Assert.Matches("^Sentry sentry_version=7, sentry_client=orleansllm/[0-9.]+, sentry_key=public$", request.Headers["X-Sentry-Auth"]);
        var lines = request.Text.Split('\n');
        var (head, item, body) = (Json(lines[0]), Json(lines[1]), Json(lines[2]));
        Assert.Equal(("event", Encoding.UTF8.GetByteCount(lines[2])), (item.GetProperty("type").GetString(), item.GetProperty("length").GetInt32()));
        var id = body.GetProperty("event_id").GetString()!;
        Assert.Equal((id, report.Row.RequestId), (head.GetProperty("event_id").GetString(), "req-" + id));
        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Equal(("error", "test"), (body.GetProperty("level").GetString(), body.GetProperty("environment").GetString()));
        var exception = body.GetProperty("exception").GetProperty("values")[0];
        Assert.Equal(("UpstreamStatus", "upstream_status 500: model m at http://localhost:1"), (exception.GetProperty("type").GetString(), exception.GetProperty("value").GetString()));
        Assert.Equal("ollama_chat/m", body.GetProperty("tags").GetProperty("upstream_model").GetString());
    }

    [Theory]
    [InlineData(FailureKind.Cancelled, false)]
    [InlineData(FailureKind.BadRequest, false)]
    [InlineData(FailureKind.UnknownModel, false)]
    [InlineData(FailureKind.OverLimit, false)]
    [InlineData(FailureKind.BudgetExceeded, false)]
    [InlineData(FailureKind.ConversationNotFound, false)]
    [InlineData(FailureKind.TurnTaken, false)]
    [InlineData(FailureKind.QueueFull, true)]
    [InlineData(FailureKind.UpstreamTimeout, true)]
    [InlineData(FailureKind.Internal, true)]
    public void WhatIsTheClientsOwn_IsNotTold(FailureKind kind, bool told) => Assert.Equal(told, Target(1).Wants(Reports.Failure(kind: kind, status: null)));

    [Fact]
    public void WhatAnUpstreamRefusesForWhatItAsks_IsNotTold() => Assert.False(Target(1).Wants(Reports.Failure(status: 400) with { UpstreamRefused = true }));

    /// <summary>So that the first loss is an increase.</summary>
    [Fact]
    public async Task WhatBecomesOfReports_IsShownBeforeThereAreAny()
    {
        await using var sentry = await Receiver.StartAsync();
        await using var harness = Start(sentry);
        Assert.All(["delivered", "refused", "given_up", "dropped"], result => Assert.True(harness.Shows(result), result));
    }

    [Fact]
    public void Successes_AreNotTold() => Assert.False(Target(1).Wants(Reports.Success()));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.25, 180, 320)]
    [InlineData(1, 1000, 1000)]
    public void TheSampleRate_IsThePartThatIsTold(double rate, int least, int most)
    {
        var random = new Random(11);
        var told = Enumerable.Range(0, 1000).Count(_ =>
        {
            var report = Reports.Failure();
            return Target(rate).Wants(report with { Row = report.Row with { RequestId = "req-" + random.NextInt64().ToString("x16") + random.NextInt64().ToString("x16") } });
        });
        Assert.InRange(told, least, most);
    }

    [Fact]
    public async Task RateLimited_ItWaitsAsLongAsItIsTold_AndLosesNothing()
    {
        await using var sentry = await Receiver.StartAsync();
        await using var harness = Start(sentry, start: false);
        sentry.Answer = _ => Task.FromResult(sentry.Requests.Count == 2 ? new TooMany() : Results.Ok());
        for (var i = 1; i <= 3; i++) harness.Sender.Ended(Reports.Failure(i));
        await harness.Sender.StartAsync(CancellationToken.None);
        await harness.PassTimeUntilAsync(() => harness.Events("delivered") == 3, "all are delivered");
        Assert.Equal(4, sentry.Requests.Count);
        Assert.Equal(["req-1", "req-2", "req-2", "req-3"], sentry.Requests.Select(r => "req-" + Json(r.Text.Split('\n')[0]).GetProperty("event_id").GetString()!.TrimStart('0')));
    }

    private static JsonElement Json(string line) => JsonDocument.Parse(line).RootElement;

    private static CallbackHarness Start(Receiver sentry, bool start = true)
    {
        var options = new SentryOptions(new Uri(sentry.Address, "/api/42/envelope/"), "public") { Environment = "test" };
        var harness = new CallbackHarness((http, time) => new SentryTarget(options, http, time));
        if (start) _ = harness.Sender.StartAsync(CancellationToken.None);
        return harness;
    }

    private static SentryTarget Target(double rate) =>
        new(new SentryOptions(new Uri("http://localhost/api/1/envelope/"), "k") { SampleRate = rate }, new CallbackHttp(), TimeProvider.System);

    private sealed class TooMany : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = 429;
            httpContext.Response.Headers.RetryAfter = "5";
            return Task.CompletedTask;
        }
    }
}
