using OrleansLlm.Providers;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Calls;

public sealed class ErrorTests
{
    [Theory]
    [InlineData(401, """{"error":{"message":"bad key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""", "bad key", "invalid_request_error", "invalid_api_key", null)]
    [InlineData(400, """{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_ctx":4096}}""", "too long", "exceed_context_size_error", "400", null)]
    [InlineData(404, """{"error":"model 'x' not found"}""", "model 'x' not found", null, null, null)]
    [InlineData(429, """[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"34.4s"}]}}]""", "quota", "RESOURCE_EXHAUSTED", "429", 34.4)]
    [InlineData(422, """{"detail":"field required"}""", "field required", null, null, null)]
    [InlineData(502, "<html><head><style>x{}</style><title>502 Bad Gateway</title></head>\n<body>nginx</body></html>", "502 Bad Gateway nginx", null, null, null)]
    [InlineData(503, "", "The upstream answered with status 503.", null, null, null)]
    [InlineData(302, "", "The upstream answered with status 302.", null, null, null)]
    public async Task Status_BecomesAFailureWithTheUpstreamsWords(int status, string body, string message, string? type, string? code, double? retryAfter)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Body = body });

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("hello")));

        Assert.Equal(
            (FailureKind.Status, (int?)status, message, type, code, retryAfter),
            (failure.Kind, failure.Status, failure.Message, failure.Type, failure.Code, failure.RetryAfter?.TotalSeconds));
        Assert.True(failure.BeforeFirstToken);
    }

    [Theory]
    [InlineData(400, true, false)]
    [InlineData(401, false, false)]
    [InlineData(403, false, false)]
    [InlineData(404, false, false)]
    [InlineData(408, false, true)]
    [InlineData(409, false, true)]
    [InlineData(413, true, false)]
    [InlineData(422, true, false)]
    [InlineData(429, false, true)]
    [InlineData(500, false, true)]
    [InlineData(503, false, true)]
    [InlineData(529, false, true)]
    public async Task Status_SaysWhoseFaultItIs(int status, bool callerFault, bool retryable)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Body = "no" });

        var (failure, _) = await harness.FailAsync(harness.Request("ollama", Harness.Say("hello")));

        Assert.Equal((callerFault, retryable), (failure.CallerFault, failure.Retryable));
    }

    [Theory]
    [InlineData(402, """{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}""")]
    [InlineData(402, """{"type":"error","error":{"type":"billing_error","message":"x"}}""")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}""")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}""")]
    [InlineData(400, """{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""", true)]
    [InlineData(400, """{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}""")]
    [InlineData(400, """{"error":{"message":"Your account is not active, please check your billing details.","type":"billing_not_active","param":null,"code":"billing_not_active"}}""")]
    [InlineData(400, """{"error":{"message":"Billing hard limit has been reached","type":"insufficient_quota","code":"billing_hard_limit_reached","param":null}}""")]
    public async Task WhatTheGatewaysAccountIsRefused_IsNotTheCallersFault(int status, string body, bool isKey = false)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Body = body });

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("hello")));

        Assert.Equal((true, false, false, isKey), (failure.AccountFault, failure.CallerFault, failure.Retryable, failure.KeyRefused));
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"Invalid value: 'API key not valid'.","type":"invalid_request_error","code":"invalid_value"}}""", true, false)]
    [InlineData(400, """{"error":{"code":400,"message":"The File x is not in an ACTIVE state.","status":"FAILED_PRECONDITION"}}""", true, false)]
    [InlineData(413, """{"error":{"message":"Request too large","type":"tokens","code":"rate_limit_exceeded"}}""", false, false)]
    [InlineData(498, """{"error":{"message":"Flex tier capacity exceeded","code":"capacity_exceeded"}}""", false, true)]
    public async Task WhatAnAccountHasNoRoomFor_AndWhatOnlySoundsLikeIt_IsTheAccountsFaultNeither(int status, string body, bool callerFault, bool retryable)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Body = body });

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("hello")));

        Assert.Equal((false, callerFault, retryable), (failure.AccountFault, failure.CallerFault, failure.Retryable));
    }

    [Theory]
    [InlineData("retry-after", "7", 7.0)]
    [InlineData("retry-after", "1.5", 1.5)]
    [InlineData("retry-after-ms", "250", 0.25)]
    [InlineData("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT", 30.0)]
    [InlineData("retry-after", "Thu, 01 Jan 2015 00:00:30 GMT", 0.0)]
    [InlineData("retry-after", "-3", 0.0)]
    [InlineData("retry-after", "soon", null)]
    [InlineData("retry-after", "NaN", null)]
    public async Task RetryAfter_IsRead(string header, string value, double? seconds)
    {
        await using var harness = await Harness.StartAsync(time: new ManualTime());
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 429, Headers = new Dictionary<string, string> { [header] = value } });

        Assert.Equal(seconds, (await harness.FailAsync(harness.Request("openai", Harness.Say("hello")))).Failure.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task Messages_NeverHoldKeysAndAreBounded()
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault
        {
            Kind = FaultKind.Status, Status = 401,
            Body = "{\"error\":{\"message\":\"Incorrect API key provided: sk-secret-1, header api-secret-2. " + new string('x', 70_000) + "\"}}",
        });
        var request = harness.Request("openai", Harness.Say("hello")) with
        {
            ApiKey = "sk-secret-1", Headers = new Dictionary<string, string> { ["api-key"] = "api-secret-2" },
        };

        var (failure, _) = await harness.FailAsync(request);

        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.InRange(failure.Message.Length, 20, 2100);
    }

    /// <summary>What others than the one who asked may read.</summary>
    [Theory]
    [InlineData("{\"error\":{\"message\":\"a prompt\",\"type\":\"server_error\",\"code\":\"bad.input-1\"}}", "The upstream answered with status 500 (server_error, bad.input-1).")]
    [InlineData("{\"error\":{\"message\":\"a prompt\",\"type\":\"with a prompt\",\"code\":\"a prompt\"}}", "The upstream answered with status 500.")]
    [InlineData("a prompt", "The upstream answered with status 500.")]
    public async Task ASummary_HasTheStatusAndPlainWords_AndNoSentenceOfTheServices(string body, string summary)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = body });

        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("hello")));

        Assert.Equal(("a prompt", summary), (failure.Message, failure.Summary));
    }

    [Fact]
    public async Task ARequestThatCannotBeSaid_IsToldToOthersByItsField()
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("ollama", """{"model":"m","messages":"a prompt"}"""));

        Assert.Equal((400, "messages must be an array."), (failure.Status!.Value, failure.Summary));
    }

    [Fact]
    public async Task Ollama_UnknownModel_KeepsItsStatusAndText()
    {
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(harness.Request("ollama", Harness.Say("hello")) with { Model = "nope" });

        Assert.Equal((404, "model 'nope' not found"), (failure.Status!.Value, failure.Message));
    }

    [Fact]
    public async Task Ollama_LoadQueueFull_KeepsItsTextWithTwoSpaces()
    {
        await using var harness = await Harness.StartAsync(
            new SimulatorOptions { Models = [Harness.Model], MaxQueue = 1, LoadTime = TimeSpan.FromSeconds(30) });
        using var leaving = new CancellationTokenSource();
        var first = harness.CollectAsync(harness.Request("openai", Harness.Say("first")), leaving.Token);
        await Eventually.HappensAsync(() => harness.Server.Stats.LoadsStarted == 1, "the load began");

        var (failure, _) = await harness.FailAsync(harness.Request("ollama", Harness.Say("second")));

        Assert.Equal((503, "server busy, please try again.  maximum pending requests exceeded"), (failure.Status!.Value, failure.Message));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }
}
