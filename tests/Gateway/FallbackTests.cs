using OrleansLlm.Backends;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Who stands in for whom, and what is told when nobody can.</summary>
public class FallbackTests
{
    [Theory]
    [InlineData("context_window_fallbacks", """{"error":{"message":"too long","code":"context_length_exceeded"}}""")]
    [InlineData("content_policy_fallbacks", """{"error":{"message":"no","code":"content_policy_violation"}}""")]
    public async Task ARequestThatOneModelCannotTake_GoesToTheOneNamedForThat(string key, string error)
    {
        await using var pair = await PairAsync($"router_settings: {{num_retries: 2, {key}: [{{m: [spare]}}]}}\n");
        pair.Broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = error, Count = 2 });
        Assert.Equal("spare", await pair.ServedByAsync(TestGateway.Chat("m", "x")));
        Assert.Equal(1, pair.Broken.Stats.Requests);
        // Without fallbacks it is the client's own error, and not the backend's.
        Assert.Equal(400, (int)(await pair.Gateway.PostAsync("""{"model":"m","disable_fallbacks":true,"messages":[{"role":"user","content":"x"}]}""")).StatusCode);
        Assert.Equal(0, (await pair.Gateway.SnapshotAsync(pair.Broken.BaseAddress)).Failed);
    }

    [Fact]
    public async Task APromptLongerThanTheConfiguredContext_IsNotEvenSent()
    {
        await using var broken = await Setup.OllamaAsync();
        await using var spare = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(
            $"model_list:\n  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{broken.BaseAddress}\"}}, model_info: {{max_input_tokens: 100}}}}\n"
            + Setup.Model("spare", spare) + "router_settings: {enable_pre_call_checks: true, context_window_fallbacks: [{m: [spare]}]}\n");
        var pair = new Pair(broken, spare, gateway);
        Assert.Equal("m", await pair.ServedByAsync(TestGateway.Chat("m", "short")));
        Assert.Equal("spare", await pair.ServedByAsync(TestGateway.Chat("m", new string('x', 1000))));
        Assert.Equal(1, broken.Stats.Requests);
        var alone = await gateway.PostAsync($$"""{"model":"m","disable_fallbacks":true,"messages":[{"role":"user","content":"{{new string('x', 1000)}}"}]}""");
        Assert.Equal(400, (int)alone.StatusCode);
        Assert.Equal("context_length_exceeded", (await Setup.ErrorAsync(alone)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task TheBodysFallbacks_ServeInPlaceOfTheConfigured_WithMessagesOfTheirOwn()
    {
        await using var pair = await PairAsync("router_settings: {num_retries: 0}\n");
        pair.Break();
        Assert.Equal("spare", await pair.ServedByAsync("""{"model":"m","fallbacks":["spare"],"messages":[{"role":"user","content":"x"}]}"""));
        var own = """{"model":"m","fallbacks":[{"model":"spare","messages":[{"role":"user","content":"other words"}]}],"messages":[{"role":"user","content":"x"}]}""";
        Assert.Equal("spare", await pair.ServedByAsync(own));
        Assert.Contains("other words", pair.Spare.Stats.Bodies[^1], StringComparison.Ordinal);
        // A model that nobody knows may have a fallback as well.
        Assert.Equal("spare", await pair.ServedByAsync("""{"model":"unknown","fallbacks":["spare"],"messages":[{"role":"user","content":"x"}]}"""));
        Assert.Equal(500, (int)(await pair.Gateway.PostAsync("""{"model":"m","fallbacks":["spare"],"max_fallbacks":0,"messages":[{"role":"user","content":"x"}]}""")).StatusCode);
    }

    [Theory]
    [InlineData("\"fallbacks\":[{\"m\":[\"spare\"]}]")]
    [InlineData("\"fallbacks\":[{\"other\":[\"m\"],\"m\":[{\"model\":\"spare\"}]}]")]
    [InlineData("\"fallbacks\":[{\"*\":[\"spare\"]}]")]
    [InlineData("\"fallbacks\":[{\"stop\":[\"x\"],\"model\":\"spare\"}]")]
    public async Task TheBodysFallbacks_MayStandUnderTheModelThatFails(string fallbacks)
    {
        await using var pair = await PairAsync("router_settings: {num_retries: 0}\n");
        pair.Break();
        Assert.Equal("spare", await pair.ServedByAsync($$"""{"model":"m",{{fallbacks}},"messages":[{"role":"user","content":"x"}]}"""));
        Assert.DoesNotContain("fallbacks", pair.Broken.Stats.Bodies[^1], StringComparison.Ordinal);
        Assert.Equal(500, (int)(await pair.Gateway.PostAsync("""{"model":"m","fallbacks":[{"other":["spare"]}],"messages":[{"role":"user","content":"x"}]}""")).StatusCode);
    }

    [Theory]
    [InlineData("context_window_fallbacks", """{"error":{"message":"too long","code":"context_length_exceeded"}}""", """[{"m":["spare"]}]""")]
    [InlineData("context_window_fallbacks", """{"error":{"message":"too long","code":"context_length_exceeded"}}""", """["spare"]""")]
    [InlineData("content_policy_fallbacks", """{"error":{"message":"no","code":"content_policy_violation"}}""", """[{"m":["spare"]}]""")]
    [InlineData("content_policy_fallbacks", """{"error":{"message":"no","code":"content_policy_violation"}}""", """[{"model":"spare"}]""")]
    public async Task TheBodysFallbacksForAKindOfFailure_AreForThatAlone(string field, string error, string fallbacks)
    {
        await using var pair = await PairAsync("router_settings: {num_retries: 0}\n");
        var body = $$"""{"model":"m","{{field}}":{{fallbacks}},"messages":[{"role":"user","content":"x"}]}""";
        pair.Broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = error });
        Assert.Equal("spare", await pair.ServedByAsync(body));
        pair.Broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        Assert.Equal(500, (int)(await pair.Gateway.PostAsync(body)).StatusCode);
    }

    [Theory]
    [InlineData("mock_testing_fallbacks", "fallbacks", 500)]
    [InlineData("mock_testing_context_fallbacks", "context_window_fallbacks", 400)]
    [InlineData("mock_testing_context_window_fallbacks", "context_window_fallbacks", 400)]
    [InlineData("mock_testing_content_policy_fallbacks", "content_policy_fallbacks", 400)]
    public async Task WhoTestsItsFallbacks_IsServedByThem_WithoutAFailure(string field, string configured, int status)
    {
        await using var pair = await PairAsync($"router_settings: {{{configured}: [{{m: [spare]}}]}}\n");
        Assert.Equal("spare", await pair.ServedByAsync($$"""{"model":"m","{{field}}":true,"messages":[{"role":"user","content":"x"}]}"""));
        Assert.DoesNotContain("mock", pair.Spare.Stats.Bodies[^1], StringComparison.Ordinal);
        var alone = await pair.Gateway.PostAsync($$"""{"model":"m","{{field}}":true,"disable_fallbacks":true,"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(status, (int)alone.StatusCode);
        Assert.Contains("This is a mock exception for model=m, to trigger a fallback", (await Setup.ErrorAsync(alone)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, pair.Broken.Stats.Requests);
        Assert.Equal(0, (await pair.Gateway.SnapshotAsync(pair.Broken.BaseAddress)).Failed);
        Assert.Equal("m", await pair.ServedByAsync($$"""{"model":"m","{{field}}":false,"messages":[{"role":"user","content":"x"}]}"""));
    }

    [Fact]
    public async Task AMockResponse_IsNotMadeUp_AndTheAnswerSaysSo()
    {
        await using var pair = await PairAsync("");
        var answer = await pair.Gateway.PostAsync("""{"model":"m","mock_response":"hi","messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal((200, "mock_response"), ((int)answer.StatusCode, answer.Headers.GetValues("x-dropped-params").Single()));
        answer = await pair.Gateway.PostAsync("""{"model":"m","guardrails":["pii"],"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal((200, "guardrails"), ((int)answer.StatusCode, answer.Headers.GetValues("x-dropped-params").Single()));
        answer = await pair.Gateway.PostAsync("""{"model":"m","guardrails":[],"mock_response":null,"messages":[{"role":"user","content":"x"}]}""");
        Assert.False(answer.Headers.Contains("x-dropped-params"));
        Assert.DoesNotContain("mock", pair.Broken.Stats.Bodies[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"m","fallbacks":[{"m":"spare"}],"messages":[{"role":"user","content":"x"}]}""", "fallbacks[0].model")]
    [InlineData("""{"model":"m","fallbacks":[{"m":[1]}],"messages":[{"role":"user","content":"x"}]}""", "fallbacks[0].m[0]")]
    [InlineData("""{"model":"m","fallbacks":[{"m":["spare"],"n":"spare"}],"messages":[{"role":"user","content":"x"}]}""", "fallbacks[0].n")]
    [InlineData("""{"model":"m","context_window_fallbacks":[true],"messages":[{"role":"user","content":"x"}]}""", "context_window_fallbacks[0]")]
    [InlineData("""{"model":"m","content_policy_fallbacks":{},"messages":[{"role":"user","content":"x"}]}""", "content_policy_fallbacks")]
    [InlineData("""{"model":"m","mock_testing_fallbacks":"yes","messages":[{"role":"user","content":"x"}]}""", "mock_testing_fallbacks")]
    [InlineData("""{"model":"m","fallbacks":"spare","messages":[{"role":"user","content":"x"}]}""", "fallbacks")]
    [InlineData("""{"model":"m","fallbacks":[1],"messages":[{"role":"user","content":"x"}]}""", "fallbacks[0]")]
    [InlineData("""{"model":"m","fallbacks":["spare",{"messages":[{"role":"user","content":"x"}]}],"messages":[{"role":"user","content":"x"}]}""", "fallbacks[1].model")]
    [InlineData("""{"model":"m","fallbacks":[{"model":"spare","messages":"x"}],"messages":[{"role":"user","content":"x"}]}""", "fallbacks[0].messages")]
    public async Task FallbacksOfTheWrongShape_AreABadRequestThatNamesThem(string body, string param)
    {
        await using var pair = await PairAsync("");
        var response = await pair.Gateway.PostAsync(body);
        Assert.Equal((400, param), ((int)response.StatusCode, (await Setup.ErrorAsync(response)).GetProperty("param").GetString()));
    }

    [Fact]
    public async Task WhenAllHaveFailed_TheErrorIsTheFirst_WithAllThatWasTried()
    {
        await using var pair = await PairAsync("router_settings: {num_retries: 0, fallbacks: [{m: [spare]}]}\n");
        pair.Broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 507, Body = """{"error":"original"}""", Count = 10 });
        pair.Spare.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = """{"error":"other"}""", Count = 10 });
        var response = await pair.Gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        Assert.Equal((507, "0", "1"), ((int)response.StatusCode, Header(response, "retries"), Header(response, "fallbacks")));
        var message = (await Setup.ErrorAsync(response)).GetProperty("message").GetString();
        Assert.Equal("ollama_chat/m: original. Tried: m (ollama_chat/m): status 507; spare (ollama_chat/m): status 500.", message);
    }

    [Fact]
    public async Task AnAlias_HasTheFallbacksOfItsModel_AndOfAListTheRest()
    {
        await using var pair = await PairAsync("router_settings: {num_retries: 0, fallbacks: [{m: [spare]}], model_group_alias: {fast: m, quiet: {model: m, hidden: true}, good: [m, spare]}}\n");
        pair.Break();
        foreach (var alias in (string[])["fast", "quiet", "good"]) Assert.Equal("spare", await pair.ServedByAsync(TestGateway.Chat(alias, "x")));
        var models = await pair.Gateway.Http.GetStringAsync("/v1/models");
        Assert.Contains("\"good\"", models, StringComparison.Ordinal);
        Assert.DoesNotContain("quiet", models, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelThatIsMissingOnOneContainer_SidelinesThatDeploymentOnly()
    {
        await using var pair = await PairAsync("router_settings: {num_retries: 0, fallbacks: [{lost: [m]}], cooldown_time: 3600}\n", lost: true);
        for (var i = 0; i < 3; i++) Assert.Equal("m", await pair.ServedByAsync(TestGateway.Chat("lost", "x")));
        // One request has found out; the container is well.
        var backend = await pair.Gateway.SnapshotAsync(pair.Broken.BaseAddress);
        Assert.Equal((1, 3, CircuitState.Closed), (backend.Failed, backend.Served, backend.Circuit));
        Assert.Single(backend.Deployments, d => d.SidelinedFor is not null);
        var alone = await pair.Gateway.PostAsync("""{"model":"lost","disable_fallbacks":true,"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(503, (int)alone.StatusCode);
        Assert.Contains("status 404", (await Setup.ErrorAsync(alone)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAccountWithoutMoney_IsSidelined_AndAnotherDeploymentServes()
    {
        await using var broken = await Setup.OllamaAsync();
        await using var well = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            $"  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{broken.BaseAddress}\", order: 1}}}}\n  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{well.BaseAddress}\", order: 2}}}}\n",
            "router_settings: {cooldown_time: 3600}\n"));
        broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 402, Body = """{"error":"Insufficient Balance"}""", Count = 100 });
        for (var i = 0; i < 4; i++) Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.Equal((1, 4), (broken.Stats.Requests, well.Stats.Finished));
        Assert.Single((await gateway.SnapshotAsync(broken.BaseAddress)).Deployments, d => d.SidelinedFor is not null);
    }

    [Fact]
    public async Task WhatTheGatewaysAccountIsRefused_LooksLikeNoRefusalOfTheClient()
    {
        await using var pair = await PairAsync("");
        pair.Broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 402, Body = """{"error":"Insufficient Balance"}""" });
        var response = await pair.Gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.Equal((502, "upstream_account_refused"), ((int)response.StatusCode, (await Setup.ErrorAsync(response)).GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData(402)]
    [InlineData(400)]
    [InlineData(422)]
    public async Task AStatusOfTheCallersFromAFallback_DoesNotEndTheChain(int status)
    {
        await using var third = await Setup.OllamaAsync();
        await using var pair = await PairAsync("router_settings: {num_retries: 0, fallbacks: [{m: [spare, third]}]}\n", more: Setup.Model("third", third));
        pair.Break();
        pair.Spare.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Body = """{"error":"no"}""", Count = 10 });
        Assert.Equal("third", await pair.ServedByAsync(TestGateway.Chat("m", "x")));
        Assert.Equal((1, 1), (pair.Broken.Stats.Requests, pair.Spare.Stats.Requests));
    }

    [Fact]
    public async Task ARequestThatOneModelTurnsDown_GoesToTheFallbackOnce_AndIsToldInItsWordsWhenAllFail()
    {
        await using var other = await Setup.OllamaAsync();
        await using var pair = await PairAsync("router_settings: {fallbacks: [{m: [spare]}]}\n", more: Setup.Model("m", other));
        foreach (var of in (SimulatedOllama[])[pair.Broken, other])
            of.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 422, Body = """{"error":"no such parameter"}""", Count = 100 });
        Assert.Equal("spare", await pair.ServedByAsync(TestGateway.Chat("m", "x")));
        // Not the second deployment: there it would be turned down as well.
        Assert.Equal(1, pair.Broken.Stats.Requests + other.Stats.Requests);
        pair.Spare.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = """{"error":"other"}""", Count = 100 });
        var response = await pair.Gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.Equal(422, (int)response.StatusCode);
        Assert.StartsWith("no such parameter. Tried: ", (await Setup.ErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, (await pair.Gateway.SnapshotAsync(pair.Broken.BaseAddress)).Failed + (await pair.Gateway.SnapshotAsync(other.BaseAddress)).Failed);
    }

    [Fact]
    public async Task ARefusedKey_OpensTheCircuitAtOnce()
    {
        await using var pair = await PairAsync("router_settings: {num_retries: 0, fallbacks: [{m: [spare]}], cooldown_time: 3600}\n");
        pair.Broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 401, Body = """{"error":"bad key"}""" });
        for (var i = 0; i < 3; i++) Assert.Equal("spare", await pair.ServedByAsync(TestGateway.Chat("m", "x")));
        Assert.Equal(1, pair.Broken.Stats.Requests);
        Assert.Equal(CircuitState.Open, (await pair.Gateway.SnapshotAsync(pair.Broken.BaseAddress)).Circuit);
    }

    [InjectedTimeFact]
    public async Task AnUpstreamsRateLimit_IsKeptAwayFromUntilItsRetryAfter()
    {
        var time = new Support.ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "40" } });
        Assert.Equal((429, "40"), await AskAsync());
        time.Advance(TimeSpan.FromSeconds(10));
        // Not a failure of anybody's: it says so to the next client as well.
        Assert.Equal((429, "30"), await AskAsync());
        Assert.Equal(1, ollama.Stats.Requests);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((200, null), await AskAsync());

        async Task<(int, string?)> AskAsync()
        {
            var response = await gateway.PostAsync(TestGateway.Chat("m", "x"));
            return ((int)response.StatusCode, response.Headers.RetryAfter?.ToString());
        }
    }

    [InjectedTimeFact]
    public async Task AnUpstreamThatNamesATime_IsTriedAgainThenAndNotBefore()
    {
        var time = new Support.ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama), $"router_settings: {{num_retries: 1}}\ngateway_settings: {{backends: {{\"{ollama.BaseAddress}\": {{health_interval: 0}}}}}}\n"), time);
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 429, Headers = new Dictionary<string, string> { ["Retry-After"] = "40" } });
        var before = time.ArmedTimers;
        var answer = gateway.PostAsync(TestGateway.Chat("m", "x"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Running: 0, Failed: 1 }, "the first attempt is over");
        await Support.Eventually.UntilAsync(() => time.ArmedTimers > before, "the pause has begun");
        time.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal(1, ollama.Stats.Requests);
        await gateway.PassUntilAsync(time, Setup.Second, ollama.BaseAddress, () => answer.IsCompleted, "the second attempt");
        Assert.Equal((200, "1"), ((int)(await answer).StatusCode, Header(await answer, "retries")));
    }

    [InjectedTimeFact]
    public async Task ADeploymentsRequestsPerMinute_AreARealLimit()
    {
        var time = new Support.ManualTime();
        await using var limited = await Setup.OllamaAsync(time: time);
        await using var spare = await Setup.OllamaAsync(time: time);
        await using var gateway = await TestGateway.StartAsync(
            $"model_list:\n  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{limited.BaseAddress}\", rpm: 3}}}}\n" + Setup.Model("spare", spare)
            + "router_settings: {fallbacks: [{m: [spare]}]}\n", time);
        var pair = new Pair(limited, spare, gateway);
        for (var i = 0; i < 3; i++) Assert.Equal("m", await pair.ServedByAsync(TestGateway.Chat("m", "x")));
        Assert.Equal("spare", await pair.ServedByAsync(TestGateway.Chat("m", "x")));
        var alone = await gateway.PostAsync("""{"model":"m","disable_fallbacks":true,"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(429, (int)alone.StatusCode);
        Assert.InRange(alone.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 60, 61);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("m", await pair.ServedByAsync(TestGateway.Chat("m", "x")));
    }

    private static string Header(HttpResponseMessage response, string what) => response.Headers.GetValues($"x-litellm-attempted-{what}").Single();

    /// <summary>As where its user's or its key's are: nobody has been asked yet.</summary>
    [InjectedTimeFact]
    public async Task WhereTheLimitsOfTheStandInAreLost_TheRequestBeginsAgain()
    {
        var time = new Support.ManualTime();
        var store = new StoreThatMayBeAway(Names.LimitState) { Unread = 1 };
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config(Setup.Model("m", ollama) + Setup.Model("spare", ollama), "router_settings: {fallbacks: [{m: [spare]}]}\ngateway_settings: {limits: {models: {spare: {rpm: 100}}}}\n"), time, more: store.StandIn);
        var asked = gateway.PostAsync("""{"model":"m","mock_testing_fallbacks":true,"messages":[{"role":"user","content":"x"}]}""");
        await Support.Eventually.UntilAsync(
            () =>
            {
                // Much slower than what it gives the request, which is 25 s.
                if (store.Unread == 0) time.Advance(TimeSpan.FromMilliseconds(10));
                return asked.IsCompleted;
            },
            "it is answered");
        Assert.Equal((200, 0), ((int)(await asked).StatusCode, store.Unread));
    }

    [Fact]
    public async Task ARequestThatNeverFitsItsDeploymentsLimit_NeedNotComeBack_UnlessAStandInMayServeItLater()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var spare = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(
            $"model_list:\n  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{ollama.BaseAddress}\", tpm: 100}}}}\n"
            + Setup.Model("spare", spare) + "router_settings: {num_retries: 0}\n");
        using var alone = await gateway.PostAsync("""{"model":"m","max_tokens":101,"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal((429, "false"), ((int)alone.StatusCode, alone.Headers.GetValues("x-should-retry").Single()));
        Assert.Null(alone.Headers.RetryAfter);
        spare.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Body = """{"error":"other"}""" });
        using var both = await gateway.PostAsync("""{"model":"m","max_tokens":101,"fallbacks":["spare"],"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(429, (int)both.StatusCode);
        Assert.NotNull(both.Headers.RetryAfter);
        Assert.False(both.Headers.Contains("x-should-retry"));
    }

    /// <summary>A stand-in that cannot take the request either is none that may serve it later.</summary>
    [Theory]
    [InlineData("""{"model":"gone","max_tokens":101,"fallbacks":["m"],"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("""{"model":"m","max_tokens":101,"fallbacks":["spare"],"messages":[{"role":"user","content":"x"}]}""")]
    public async Task ARequestThatNobodyEverServes_NeedNotComeBack(string body)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var spare = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", ollama) + Setup.Model("spare", spare), "router_settings: {num_retries: 0}\ngateway_settings: {limits: {models: {m: {tpm: 100}}}}\n"));
        spare.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 400, Body = """{"error":"input length exceeds maximum context length"}""" });
        using var refused = await gateway.PostAsync(body);
        Assert.Equal((429, "false"), ((int)refused.StatusCode, refused.Headers.GetValues("x-should-retry").Single()));
    }

    private static async Task<Pair> PairAsync(string settings, bool lost = false, string more = "")
    {
        var broken = await Setup.OllamaAsync();
        var spare = await Setup.OllamaAsync();
        var models = Setup.Model("m", broken) + Setup.Model("spare", spare) + (lost ? Setup.Model("lost", broken, model: "gone") : "") + more;
        return new Pair(broken, spare, await TestGateway.StartAsync(Setup.Config(models, settings)));
    }

    private sealed record Pair(SimulatedOllama Broken, SimulatedOllama Spare, TestGateway Gateway) : IAsyncDisposable
    {
        public void Break() => Broken.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Count = 1000 });

        /// <summary>The model that the answer names.</summary>
        public async Task<string> ServedByAsync(string body)
        {
            var response = await Gateway.PostAsync(body);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            return System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("model").GetString()!;
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Broken.DisposeAsync();
            await Spare.DisposeAsync();
        }
    }
}
