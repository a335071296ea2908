using OrleansLlm.Simulator;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway.Keys;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>What /metrics says after what has happened.</summary>
public class MetricsTests
{
    [Fact]
    public async Task RequestsThatEnd_AreCountedByHowTheyEnded_WithTheirTokensAndTimes()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 5);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", ollama).Replace("}}", ", input_cost_per_token: 0.001, output_cost_per_token: 0.01}}", StringComparison.Ordinal), Setup.Quiet(ollama)));
        foreach (var stream in (bool[])[false, true, false]) await (await gateway.PostAsync(TestGateway.Chat("m", "hello", stream))).Content.ReadAsStringAsync();
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        Assert.Equal(500, (int)(await gateway.PostAsync(TestGateway.Chat("m", "hello"))).StatusCode);
        Assert.Equal(404, (int)(await gateway.PostAsync(TestGateway.Chat("nothing", "hello"))).StatusCode);
        Assert.Equal(400, (int)(await gateway.PostAsync("{")).StatusCode);
        var shown = await gateway.MetricsUntilAsync(m => m["litellm_proxy_total_requests_metric_total"] == 6 && m["litellm_deployment_total_requests_total"] == 4, "all are counted");

        Assert.Equal((3, 1), (shown["orleansllm_requests_total", ("requested_model", "m"), ("status", "success")], shown["orleansllm_requests_total", ("status", "upstream_status")]));
        Assert.Equal((15, 3), (shown["litellm_output_tokens_metric_total", ("model", "ollama_chat/m"), ("requested_model", "m")], shown["litellm_request_total_latency_metric_count"]));
        var prompt = shown["litellm_input_tokens_metric_total"];
        Assert.True(prompt > 0);
        Assert.Equal(prompt + 15, shown["litellm_total_tokens_metric_total"]);
        Assert.Equal((prompt * 0.001) + 0.15, shown["litellm_spend_metric_total"], 9);
        foreach (var histogram in (string[])["litellm_llm_api_latency_metric", "litellm_llm_api_time_to_first_token_metric", "litellm_overhead_latency_metric", "gen_ai_server_time_to_first_token_seconds"])
        {
            Assert.Equal(3, shown[histogram + "_count"]);
        }

        Assert.Equal(3, shown["litellm_request_queue_time_seconds_count"]);
        Assert.Equal(3, shown["gen_ai_client_operation_duration_seconds_count", ("gen_ai_operation_name", "chat"), ("gen_ai_provider_name", "ollama"), ("gen_ai_request_model", "m")]);
        Assert.Equal(1, shown["gen_ai_client_operation_duration_seconds_count", ("error_type", "upstream_status")]);

        Assert.Equal((3, 1), (shown["litellm_deployment_success_responses_total"], shown["litellm_deployment_failure_responses_total", ("exception_status", "500"), ("exception_class", "upstream_status")]));
        Assert.Equal((3, 3), (shown["litellm_proxy_failed_requests_metric_total"], shown["litellm_proxy_total_requests_metric_total", ("route", "/v1/chat/completions"), ("status_code", "200"), ("requested_model", "m")]));
        Assert.Equal(1, shown["litellm_in_flight_requests"]);
        Assert.Equal(6, shown["http_server_request_duration_seconds_count", ("http_route", "/v1/chat/completions"), ("http_request_method", "POST")]);
        Assert.Equal((4, 0), (shown["orleansllm_slot_grants_total"], shown["orleansllm_upstream_calls"]));
    }

    /// <summary>An attempt that failed and the pause after it are not the gateway's own share.</summary>
    [Fact]
    public async Task AnAnswerAfterARetry_SaysNothingOfTheGatewaysOwnShare()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("m", ollama), Setup.QuietWith(", allowed_fails: 100", ollama).Replace("num_retries: 0", "num_retries: 1", StringComparison.Ordinal)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        foreach (var _ in (int[])[1, 2]) Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        var shown = await gateway.MetricsUntilAsync(m => m["litellm_request_total_latency_metric_count"] == 2, "both are counted");
        Assert.Equal((2, 1), (shown["litellm_llm_api_latency_metric_count"], shown["litellm_overhead_latency_metric_count"]));
    }

    [Fact]
    public async Task WhatRuns_IsSaid()
    {
        await using var gateway = await TestGateway.StartAsync(Setup.Config(""));
        var build = Assert.Single((await gateway.MetricsAsync()).Samples, s => s.Name == "orleansllm_build_info");
        Assert.Equal((1, "all", 3), (build.Value, build.Labels["role"], build.Labels["version"].Split('.').Length));
        Assert.Contains(build.Labels["engine"], (string[])["embedded", "orleans"]);
    }

    [Fact]
    public async Task AResponseInTheBackground_CountsForItsModel()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using var answer = await gateway.PostAsync("""{"model":"m","input":"x","background":true}""", path: "/v1/responses");
        Assert.Equal(200, (int)answer.StatusCode);
        var shown = await gateway.MetricsUntilAsync(m => m["litellm_proxy_total_requests_metric_total"] == 1, "it is counted");
        Assert.Equal(1, shown["litellm_proxy_total_requests_metric_total", ("route", "/v1/responses"), ("requested_model", "m")]);
    }

    [Fact]
    public async Task TheQueue_IsSeenWhileItIsThere_AndItsWaitsAreKept()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var answers = new List<Task<HttpResponseMessage>>();
        foreach (var user in (string[])["ada", "ada", "bob", "eve"])
        {
            var waiting = answers.Count;
            answers.Add(gateway.PostAsync($$"""{"model":"m","user":"{{user}}","messages":[{"role":"user","content":"x"}]}"""));
            await gateway.UntilAsync(ollama.BaseAddress, b => b.Running == 1 && b.Waiting == waiting, $"request {waiting} waits");
        }

        var busy = await gateway.MetricsAsync();
        Assert.Equal((1, 1, 3, 3), (busy["orleansllm_backend_slots"], busy["orleansllm_backend_slots_used"], busy["orleansllm_queue_depth"], busy["orleansllm_queue_users"]));
        Assert.Equal((0, 0, 0), (busy["orleansllm_circuit_state"], busy["orleansllm_backend_draining"], busy["litellm_deployment_state"]));
        for (var i = 1; i <= answers.Count; i++)
        {
            await Eventually.UntilAsync(() => ollama.Stats.Started == i && time.ArmedTimers > 0, $"inference {i} runs");
            time.Advance(Setup.Second);
        }

        await Task.WhenAll(answers);
        var idle = await gateway.MetricsUntilAsync(m => m["orleansllm_backend_slots_used"] == 0 && m["litellm_in_flight_requests"] == 1, "all slots are free");
        Assert.Equal((0, 4, 4), (idle["orleansllm_queue_depth"], idle["orleansllm_queue_wait_seconds_count"], idle["orleansllm_slot_grants_total"]));
    }

    [Fact]
    public async Task AnOpenCircuit_IsSeen_AndSoAreItsRefusals()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.QuietWith(", allowed_fails: 1, cooldown_time: 3600", ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500 });
        await gateway.PostAsync(TestGateway.Chat("m", "x"));
        Assert.Equal(503, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        var shown = await gateway.MetricsUntilAsync(m => m["orleansllm_requests_total", ("status", "circuit_open")] == 1, "the refusal is counted");
        Assert.Equal((2, 2, 1, 1), (shown["orleansllm_circuit_state"], shown["litellm_deployment_state"], shown["litellm_deployment_cooled_down_total"], shown["orleansllm_slot_refusals_total", ("reason", "circuit_open")]));
    }

    /// <summary>An increase is that of a series that was there before.</summary>
    [Fact]
    public async Task WhatAlertsAskTheIncreaseOf_IsThereBeforeItHappens()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        (await gateway.PostAsync(TestGateway.Chat("m", "x"))).Dispose();
        var shown = await gateway.MetricsAsync();
        foreach (var counter in (string[])["orleansllm_leases_expired_total", "litellm_deployment_cooled_down_total"])
        {
            Assert.Equal(0, Assert.Single(shown.Samples, s => s.Name == counter).Value);
        }
    }

    /// <summary>A client that sends nonsense must wake nobody.</summary>
    [Theory]
    [InlineData(400, "upstream_refused")]
    [InlineData(422, "upstream_refused")]
    [InlineData(404, "upstream_status")]
    [InlineData(500, "upstream_status")]
    public async Task WhatAnUpstreamRefusesForWhatItAsks_IsCountedByItself(int status, string counted)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status });
        (await gateway.PostAsync(TestGateway.Chat("m", "x"))).Dispose();
        var shown = await gateway.MetricsUntilAsync(m => m["orleansllm_requests_total"] == 1, "it is counted");
        Assert.Equal(1, shown["orleansllm_requests_total", ("status", counted)]);
        Assert.Equal(1, shown["litellm_deployment_failure_responses_total", ("exception_class", counted), ("exception_status", status.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
    }

    [Fact]
    public async Task ASidelinedDeployment_IsSeen_AndItsNeighbourAtTheSameBackendIsWell()
    {
        await using var ollama = await SimulatedOllama.StartAsync(new SimulatorOptions { Models = ["m", "n"] });
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama) + Setup.Model("n", ollama, model: "n"), Setup.QuietWith(", cooldown_time: 3600", ollama)));
        ollama.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 403 });
        (await gateway.PostAsync(TestGateway.Chat("m", "x"))).Dispose();
        var shown = await gateway.MetricsUntilAsync(m => m["litellm_deployment_state", ("litellm_model_name", "ollama_chat/m")] == 2, "it is sidelined");
        Assert.Equal((0, 0), (shown["litellm_deployment_state", ("litellm_model_name", "ollama_chat/n")], shown["orleansllm_circuit_state"]));
        Assert.Equal((1, 0), (Cooled("m"), Cooled("n")));

        double Cooled(string model) => shown["litellm_deployment_cooled_down_total", ("litellm_model_name", "ollama_chat/" + model)];
    }

    [Fact]
    public async Task WhateverClientsSend_TheSeriesStayFew()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("\"*\"", ollama).Replace("ollama_chat/m", "ollama_chat/*", StringComparison.Ordinal), Setup.Quiet(ollama) + "  telemetry: {max_label_values: 5}\n"));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => gateway.PostAsync(TestGateway.Chat($"model-{i}", "x"))));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => gateway.Http.GetAsync($"/no/such/route/{i}")));
        var shown = await gateway.MetricsUntilAsync(m => m["orleansllm_requests_total"] == 40 && m["litellm_proxy_total_requests_metric_total"] == 40, "all are counted");
        Assert.Equal(6, shown.Samples.Where(s => s.Name == "litellm_proxy_total_requests_metric_total").Select(s => s.Labels["requested_model"]).Distinct().Count());
        Assert.All(shown.Samples.GroupBy(s => s.Name), name => Assert.InRange(name.Select(s => s.KeyWithout("le")).Distinct().Count(), 1, 36));
        Assert.DoesNotContain(shown.Samples, s => s.Labels.Values.Any(v => v.Contains("no/such", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Metrics_AreFree_UnlessTheyNeedAKey_WhichMayBeAVirtualOne()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using (var open = await KeyGateway.StartAsync(ollama))
        {
            Assert.Equal(200, (int)(await open.SendAsync(HttpMethod.Get, "/metrics", key: null)).StatusCode);
            Assert.Equal(200, (int)(await open.SendAsync(HttpMethod.Head, "/metrics", key: null)).StatusCode);
        }

        await using var closed = await KeyGateway.StartAsync(ollama, general: ", require_auth_for_metrics_endpoint: true");
        Assert.Equal(401, (int)(await closed.SendAsync(HttpMethod.Get, "/metrics", key: null)).StatusCode);
        Assert.Equal(200, (int)(await closed.SendAsync(HttpMethod.Get, "/metrics")).StatusCode);
        var key = await closed.NewKeyAsync(new { key_alias = "scraper" });
        Assert.Equal(200, (int)(await closed.SendAsync(HttpMethod.Get, "/metrics", key: key)).StatusCode);
    }

    [Fact]
    public async Task AVirtualKeysRequests_CarryItsHashAndAlias_NeverTheKey_AndAGuessMakesNoSeries()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var key = await gateway.NewKeyAsync(new { key_alias = "laptop" });
        Assert.Equal(200, await gateway.ChatStatusAsync(key));
        Assert.Equal(401, await gateway.ChatStatusAsync("sk-guess"));
        var text = await gateway.Gateway.Http.GetStringAsync("/metrics");
        Assert.DoesNotContain(key, text, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", text, StringComparison.Ordinal);
        var shown = await gateway.Gateway.MetricsUntilAsync(m => m["litellm_proxy_total_requests_metric_total"] == 2, "both are counted");
        Assert.Equal("laptop", shown.Samples.Single(s => s.Name == "litellm_proxy_total_requests_metric_total" && s.Labels["status_code"] == "200").Labels["api_key_alias"]);
        Assert.False(shown.Samples.Single(s => s.Name == "litellm_proxy_total_requests_metric_total" && s.Labels["status_code"] == "401").Labels.ContainsKey("hashed_api_key"));
    }

    [Fact]
    public async Task AnAnswerReadFromAStream_TellsItsLag()
    {
        await using var ollama = await Setup.OllamaAsync(tokens: 20, perToken: TimeSpan.FromMilliseconds(5));
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  token_transport: stream\n"));
        await (await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true))).Content.ReadAsStringAsync();
        await gateway.MetricsUntilAsync(m => m["orleansllm_stream_lag_seconds_count"] > 0, "a page came by the stream");
    }
}
