using Microsoft.AspNetCore.Http;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Telemetry;

/// <summary>One trace of one request, as a collector and the backend see it.</summary>
public class TraceTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string ClientSpan = "00f067aa0ba902b7";
    private const string State = "vendor=t61rcWkgMzE,other@system=1";
    private const string Answer = """
        data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"x","choices":[{"index":0,"delta":{"content":"hi"}}]}

        data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}

        data: [DONE]


        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ItGoesFromTheClientThroughTheGatewayToTheBackend(bool stream)
    {
        await using var collector = await Receiver.StartAsync();
        await using var backend = await BackendAsync();
        await using (var gateway = await TestGateway.StartAsync(Config(backend, collector)))
        {
            Assert.Equal(200, (int)(await SendAsync(gateway, stream)).StatusCode);
        }

        var spans = Spans(collector).Where(s => s.TraceId == TraceId).ToList();
        Assert.Equal(4, spans.Count);
        var server = spans.Single(s => s.Name == "POST /v1/chat/completions");
        var inference = spans.Single(s => s.Name == "inference");
        var queue = spans.Single(s => s.Name == "queue");
        var upstream = spans.Single(s => s.Name == "chat gpt");
        Assert.Equal((ClientSpan, server.SpanId, inference.SpanId, inference.SpanId), (server.ParentId, inference.ParentId, queue.ParentId, upstream.ParentId));
        Assert.Equal((2, 1, 1, 3), (server.Kind, inference.Kind, queue.Kind, upstream.Kind));
        // What the backend was told of is the call to it.
        Assert.Equal($"00-{TraceId}-{upstream.SpanId}-01", backend.Requests.Single().Headers["traceparent"]);
        Assert.Equal(State, backend.Requests.Single().Headers["tracestate"]);
        Assert.All(spans, s => Assert.Equal(State, s.TraceState));
        Assert.Equal(("chat", "openai", "gpt", "7", "2"), (
            upstream.Tags["gen_ai.operation.name"], upstream.Tags["gen_ai.provider.name"], upstream.Tags["gen_ai.request.model"],
            upstream.Tags["gen_ai.usage.input_tokens"], upstream.Tags["gen_ai.usage.output_tokens"]));
        Assert.Equal(("200", "success"), (server.Tags["http.response.status_code"], inference.Tags["orleansllm.status"]));
        Assert.DoesNotContain(spans, s => s.IsError || s.Tags.Values.Any(v => v.Contains("secret", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task CapturedMessages_ThatNobodyCanRead_CostTheClientNothing()
    {
        const string Own = "6bf92f3577b34da6a3ce929d0e0e4738";
        var logs = new CapturedLogs();
        await using var collector = await Receiver.StartAsync();
        await using var backend = await BackendAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(
            Answer.Replace("hi\"}}]}", "\\ud83d\"}}]}\n\ndata: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ude00\"}}]}", StringComparison.Ordinal), "text/event-stream"));
        await using (var gateway = await TestGateway.StartAsync(Config(backend, collector).Replace("gateway_settings:\n", "gateway_settings:\n  telemetry: {capture_messages: true}\n", StringComparison.Ordinal), logs: logs))
        {
            gateway.Http.DefaultRequestHeaders.Add("traceparent", $"00-{Own}-00f067aa0ba902b7-01");
            foreach (var stream in (bool[])[true, false])
            {
                var asked = TestGateway.Chat("m", "a secret question", stream).Replace("\"role\"", "\"role\":\"user\",\"role\"", StringComparison.Ordinal);
                using var answer = await gateway.PostAsync(asked);
                var text = await answer.Content.ReadAsStringAsync();
                Assert.True(answer.StatusCode == System.Net.HttpStatusCode.OK && text.Contains("stop", StringComparison.Ordinal) && !text.Contains("error", StringComparison.Ordinal), text);
            }
        }

        var inferences = Spans(collector).Where(s => s.TraceId == Own && s.Name == "inference").ToList();
        Assert.Equal(2, inferences.Count);
        Assert.All(inferences, s => Assert.Contains("\ud83d\ude00", System.Text.Json.JsonDocument.Parse(s.Tags["gen_ai.output.messages"]).RootElement[0].GetProperty("parts")[0].GetProperty("content").GetString()!, StringComparison.Ordinal));
        Assert.All(inferences, s => Assert.DoesNotContain("gen_ai.input.messages", s.Tags.Keys));
        Assert.Equal(2, logs.Of("MessagesNotTold").Count);
        Assert.DoesNotContain("secret", logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFailure_IsSeenInItsSpans_AndEachRetryIsOne()
    {
        await using var collector = await Receiver.StartAsync();
        await using var backend = await BackendAsync();
        backend.Answer = _ => Task.FromResult(Results.StatusCode(500));
        await using (var gateway = await TestGateway.StartAsync(Config(backend, collector, "router_settings: {num_retries: 1, allowed_fails: 100}\n")))
        {
            Assert.Equal(500, (int)(await SendAsync(gateway, stream: false)).StatusCode);
        }

        var spans = Spans(collector).Where(s => s.TraceId == TraceId).ToList();
        var calls = spans.Where(s => s.Name == "chat gpt").ToList();
        Assert.Equal(2, calls.Count);
        Assert.All(calls, c => Assert.True(c is { IsError: true } && c.Tags["error.type"] == "upstream_status" && c.Tags["http.response.status_code"] == "500"));
        Assert.True(spans.Single(s => s.Name == "inference") is { IsError: true } failed && failed.Tags["error.type"] == "upstream_status");
        Assert.True(spans.Single(s => s.Kind == 2).IsError);
    }

    [Fact]
    public async Task WhatIsTheClientsOwnFault_IsNoErrorOfTheServers()
    {
        const string Own = "5bf92f3577b34da6a3ce929d0e0e4737";
        await using var collector = await Receiver.StartAsync();
        await using var backend = await BackendAsync();
        await using (var gateway = await TestGateway.StartAsync(Config(backend, collector)))
        {
            gateway.Http.DefaultRequestHeaders.Add("traceparent", $"00-{Own}-00f067aa0ba902b7-01");
            Assert.Equal(404, (int)(await gateway.PostAsync(TestGateway.Chat("nobodys", "x"))).StatusCode);
        }

        // Other gateways of this process are heard as well.
        var server = Assert.Single(Spans(collector), s => s.Kind == 2 && s.TraceId == Own);
        Assert.Equal((false, "404"), (server.IsError, server.Tags["http.response.status_code"]));
    }

    [Fact]
    public async Task Metrics_ArePushedAsWell()
    {
        await using var collector = await Receiver.StartAsync();
        await using var backend = await BackendAsync();
        await using (var gateway = await TestGateway.StartAsync(Config(backend, collector))) await SendAsync(gateway, stream: false);
        var names = collector.Requests.Where(r => r.Path == "/v1/metrics").SelectMany(r => OtlpText.MetricNames(r.Body)).ToHashSet();
        Assert.Superset(new HashSet<string>(["gen_ai.client.operation.duration", "litellm_proxy_total_requests_metric", "orleansllm_slot_grants"]), names);
    }

    [Fact]
    public async Task ByGrpc_TheSameIsPushed_WithTheHeadersThatItNeeds()
    {
        await using var collector = await GrpcCollector.StartAsync();
        await using var backend = await BackendAsync();
        await using (var gateway = await TestGateway.StartAsync(Config(backend, collector.Address, protocol: "grpc", variables: "  OTEL_EXPORTER_OTLP_HEADERS: \"x-tenant=seven\"\n")))
        {
            Assert.Equal(200, (int)(await SendAsync(gateway, stream: true)).StatusCode);
        }

        var spans = GrpcCollector.Messages(collector, "TraceService").SelectMany(OtlpText.Spans).Where(s => s.TraceId == TraceId).ToList();
        Assert.Equal(["POST /v1/chat/completions", "chat gpt", "inference", "queue"], spans.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Contains("gen_ai.client.token.usage", GrpcCollector.Messages(collector, "MetricsService").SelectMany(OtlpText.MetricNames));
        Assert.All(collector.Requests, r => Assert.Equal("seven", r.Headers["x-tenant"]));
    }

    [Fact]
    public async Task ACollectorThatRefusesByGrpc_CostsNoRequestAnything()
    {
        await using var collector = await GrpcCollector.StartAsync(status: 16);
        await using var backend = await BackendAsync();
        await using (var gateway = await TestGateway.StartAsync(Config(backend, collector.Address, protocol: "grpc")))
        {
            Assert.Equal(200, (int)(await SendAsync(gateway, stream: true)).StatusCode);
        }

        Assert.NotEmpty(GrpcCollector.Messages(collector, "TraceService"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WithoutACollector_TheBackendIsToldOfTheClientsTrace_UnlessThatIsSwitchedOff(bool forwarded)
    {
        await using var backend = await BackendAsync();
        await using var gateway = await TestGateway.StartAsync(Model(backend) + $"litellm_settings: {{forward_traceparent_to_llm_provider: {(forwarded ? "true" : "false")}}}\n");
        Assert.Equal(200, (int)(await SendAsync(gateway, stream: false)).StatusCode);
        // Its trace, whoever else of this process may be listening.
        var told = backend.Requests.Single().Headers;
        if (forwarded) Assert.StartsWith($"00-{TraceId}-", told["traceparent"], StringComparison.Ordinal);
        else Assert.False(told.ContainsKey("traceparent"));
        Assert.Equal(forwarded ? State : null, told.GetValueOrDefault("tracestate"));
    }

    [Theory]
    [InlineData("no traceparent at all", "vendor=1")]
    [InlineData(null, "vendor=1")]
    [InlineData($"00-{TraceId}-{ClientSpan}-01", "")]
    [InlineData($"00-{TraceId}-{ClientSpan}-01", "a value of five hundred and thirteen characters")]
    public async Task ATraceState_GoesOnlyWithItsTrace_AndOnlyAsLongAsIsAgreed(string? parent, string state)
    {
        if (state.StartsWith("a value", StringComparison.Ordinal)) state = "v=" + new string('x', 511);
        await using var backend = await BackendAsync();
        await using var gateway = await TestGateway.StartAsync(Model(backend));
        Assert.Equal(200, (int)(await SendAsync(gateway, stream: false, parent, state)).StatusCode);
        Assert.False(backend.Requests.Single().Headers.ContainsKey("tracestate"));
    }

    [Fact]
    public async Task ACollectorThatIsAway_CostsNoRequestAnything()
    {
        await using var backend = await BackendAsync();
        await using var gateway = await TestGateway.StartAsync(Config(backend, Ports.Nobodys()));
        for (var i = 0; i < 10; i++) Assert.Equal(200, (int)(await SendAsync(gateway, stream: i % 2 == 0)).StatusCode);
    }

    private static async Task<Receiver> BackendAsync()
    {
        var backend = await Receiver.StartAsync();
        backend.Answer = _ => Task.FromResult(Results.Text(Answer, "text/event-stream"));
        return backend;
    }

    private static async Task<HttpResponseMessage> SendAsync(TestGateway gateway, bool stream, string? parent = $"00-{TraceId}-{ClientSpan}-01", string state = State)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(TestGateway.Chat("m", "a secret question", stream), System.Text.Encoding.UTF8, "application/json"),
        };
        if (parent is not null) request.Headers.TryAddWithoutValidation("traceparent", parent);
        request.Headers.TryAddWithoutValidation("tracestate", state);
        var response = await gateway.Http.SendAsync(request);
        await response.Content.ReadAsStringAsync();
        return response;
    }

    private static IEnumerable<OtlpSpan> Spans(Receiver collector) => collector.Requests.Where(r => r.Path == "/v1/traces").SelectMany(r => OtlpText.Spans(r.Body));

    private static string Config(Receiver backend, Receiver collector, string more = "router_settings: {num_retries: 0}\n") => Config(backend, collector.Address, more);

    private static string Config(Receiver backend, Uri collector, string more = "", string protocol = "http/protobuf", string variables = "") => Model(backend) + more + $"""
        environment_variables:
          OTEL_EXPORTER_OTLP_ENDPOINT: {collector}
          OTEL_EXPORTER_OTLP_PROTOCOL: {protocol}
        {variables}
        """;

    private static string Model(Receiver backend) => $$$"""
        model_list:
          - {model_name: m, litellm_params: {model: openai/gpt, api_key: sk-x, api_base: "{{{new Uri(backend.Address, "v1")}}}"}}
        gateway_settings:
          backends: {"{{{new Uri(backend.Address, "v1")}}}": {health_interval: 0}}

        """;
}
