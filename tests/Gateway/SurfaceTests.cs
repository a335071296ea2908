using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Models, health, access, headers, and the exact bytes of a stream.</summary>
public class SurfaceTests
{
    [Fact]
    public async Task AStream_HasExactlyOpenAisFraming()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama)));
        var body = """{"model":"m","stream":true,"max_tokens":2,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}""";
        var response = await gateway.PostAsync(body);
        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
        var text = await response.Content.ReadAsStringAsync();
        text = Regex.Replace(text, "\"id\":\"chatcmpl-[0-9a-f]{32}\"", "\"id\":\"ID\"");
        text = Regex.Replace(text, "\"created\":[0-9]{10}", "\"created\":1");
        const string head = "data: {\"id\":\"ID\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":";
        Assert.Equal(
            head + """[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}""" + "\n\n"
            + head + """[{"index":0,"delta":{"content":"This"},"logprobs":null,"finish_reason":null}],"usage":null}""" + "\n\n"
            + head + """[{"index":0,"delta":{"content":" is"},"logprobs":null,"finish_reason":null}],"usage":null}""" + "\n\n"
            + head + """[{"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}],"usage":null}""" + "\n\n"
            + head + """[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}""" + "\n\n"
            + "data: [DONE]\n\n",
            text);
    }

    [Theory]
    [InlineData("ollama_chat")]
    [InlineData("openai")]
    public async Task WithAlwaysIncludeStreamUsage_AStreamEndsWithItsUsage_ThoughNobodyAskedForIt(string provider)
    {
        await using var ollama = await Setup.OllamaAsync();
        var config = Setup.Config(Setup.Model("m", ollama, provider));
        foreach (var always in (bool[])[true, false])
        {
            await using var gateway = await TestGateway.StartAsync(config + $"general_settings: {{always_include_stream_usage: {(always ? "true" : "false")}}}\n");
            var text = await (await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true))).Content.ReadAsStringAsync();
            Assert.Equal(always, text.Contains("\"total_tokens\":", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task AnOpenAiBackendsChunks_ComeThroughByteForByteButForTheModel()
    {
        await using var upstream = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("public", upstream, "openai")));
        const string chunk = """{"id":"x-1","created":17,"object":"chat.completion.chunk","model":"NAME","vendor":{"a": [1, 2.50]},"choices":[{"index":0,"delta":{"role":"assistant","content":"h\u00e9"},"finish_reason":"stop"}]}""";
        upstream.Faults.Add(new Simulator.Fault
        {
            Kind = Simulator.FaultKind.Raw,
            ContentType = "text/event-stream",
            Body = "data: " + chunk.Replace("NAME", "m", StringComparison.Ordinal) + "\n\ndata: [DONE]\n\n",
        });
        var text = await (await gateway.PostAsync(TestGateway.Chat("public", "x", stream: true))).Content.ReadAsStringAsync();
        Assert.Equal("data: " + chunk.Replace("NAME", "public", StringComparison.Ordinal) + "\n\ndata: [DONE]\n\n", text);
    }

    [Fact]
    public async Task EachToken_IsSentWhenItComes()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, perToken: Setup.Second);
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)), time);
        var response = await gateway.PostAsync(TestGateway.Chat("m", "x", stream: true));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains("\"role\"", await NextAsync(), StringComparison.Ordinal);
        Assert.Contains("This", await NextAsync(), StringComparison.Ordinal);
        // The clock of the backend stands still: the next token cannot be there, and the one before it must have been sent.
        foreach (var word in (string[])["is", "a", "simulated"])
        {
            await Eventually.UntilAsync(() => time.ArmedTimers > 0, "the backend waits for its next token");
            time.Advance(Setup.Second);
            Assert.Contains(word, await NextAsync(), StringComparison.Ordinal);
        }

        async Task<string> NextAsync()
        {
            var line = await reader.ReadLineAsync();
            Assert.Equal("", await reader.ReadLineAsync());
            return line!;
        }
    }

    [Fact]
    public async Task Headers_TellWhoServedAndHowLong()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat/completions") { Content = new StringContent(TestGateway.Chat("m", "x")) };
        request.Headers.Add("x-litellm-call-id", "my-own-id");
        var response = await gateway.Http.SendAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("my-own-id", Header("x-litellm-call-id"));
        Assert.Equal("m", Header("x-litellm-model-group"));
        Assert.Matches("^[0-9a-f]{64}$", Header("x-litellm-model-id"));
        Assert.Matches("^req-[0-9a-f]{32}$", Header("x-request-id"));
        foreach (var name in (string[])["x-litellm-response-duration-ms", "x-litellm-overhead-duration-ms", "x-queue-ms"])
        {
            Assert.Matches(@"^\d+\.\d{3}$", Header(name));
        }

        string Header(string name) => response.Headers.GetValues(name).Single();
    }

    [Fact]
    public async Task Models_AreListedAndFoundAlsoWithSlashesAndColons()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(
            Setup.Model("\"qwen2.5:0.5b\"", ollama) + Setup.Model("\"team/big\"", ollama), "router_settings: {model_group_alias: {fast: \"team/big\"}}\n"));
        foreach (var path in (string[])["/v1/models", "/models"])
        {
            var list = JsonDocument.Parse(await gateway.Http.GetStringAsync(path)).RootElement;
            Assert.Equal("list", list.GetProperty("object").GetString());
            Assert.Equal(["qwen2.5:0.5b", "team/big", "fast"], list.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
        }

        foreach (var id in (string[])["qwen2.5:0.5b", "team/big", "team%2Fbig", "fast"])
        {
            var model = JsonDocument.Parse(await gateway.Http.GetStringAsync("/v1/models/" + id)).RootElement;
            Assert.Equal(Uri.UnescapeDataString(id), model.GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task ModelInfo_HasLiteLlmsShapeAndNoKey()
    {
        await using var ollama = await Setup.OllamaAsync();
        var models = $"  - {{model_name: m, litellm_params: {{model: openai/x, api_base: \"{ollama.BaseAddress}v1\", api_key: sk-secret, some_token: sk-secret, temperature: 0.5, options: {{deep: [{{api_key: sk-secret, top_k: 3}}]}}}}, model_info: {{id: one, mode: chat, input_cost_per_token: 0.25, billing_password: sk-secret}}}}\n";
        await using var gateway = await TestGateway.StartAsync(Setup.Config(models));
        var text = await gateway.Http.GetStringAsync("/v1/model/info");
        Assert.DoesNotContain("sk-secret", text, StringComparison.Ordinal);
        var only = JsonDocument.Parse(text).RootElement.GetProperty("data").EnumerateArray().Single();
        Assert.Equal("m", only.GetProperty("model_name").GetString());
        Assert.Equal(0.5, only.GetProperty("litellm_params").GetProperty("temperature").GetDouble());
        Assert.Equal("openai/x", only.GetProperty("litellm_params").GetProperty("model").GetString());
        Assert.Equal("""{"deep":[{"top_k":3}]}""", only.GetProperty("litellm_params").GetProperty("options").GetRawText());
        Assert.Equal(("one", "chat"), (only.GetProperty("model_info").GetProperty("id").GetString(), only.GetProperty("model_info").GetProperty("mode").GetString()));
        Assert.Equal(0.25, only.GetProperty("model_info").GetProperty("input_cost_per_token").GetDouble());
        Assert.Equal(400, (int)(await gateway.Http.GetAsync("/model/info?litellm_model_id=two")).StatusCode);
    }

    [Fact]
    public async Task ModelInfo_HasTheLimitsOfADeployment_AmongItsParameters()
    {
        await using var ollama = await Setup.OllamaAsync();
        var models = $"  - {{model_name: m, litellm_params: {{model: ollama_chat/m, api_base: \"{ollama.BaseAddress}\", rpm: 60, tpm: 1000}}}}\n";
        await using var gateway = await TestGateway.StartAsync(Setup.Config(models + Setup.Model("n", ollama)));
        var shown = JsonDocument.Parse(await gateway.Http.GetStringAsync("/model/info")).RootElement.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("litellm_params")).ToList();
        Assert.Equal(("60", "1000"), (shown[0].GetProperty("rpm").GetRawText(), shown[0].GetProperty("tpm").GetRawText()));
        Assert.DoesNotContain(shown[1].EnumerateObject(), p => p.Name is "rpm" or "tpm");
    }

    [Theory]
    [InlineData("/organization/list", "under /organization is here: see docs/operations.md, What is otherwise here.")]
    [InlineData("/key/bulk_update", "under /key is here: see docs/operations.md, What is otherwise here.")]
    [InlineData("/rerank", "under /rerank is here: see docs/operations.md, What is otherwise here.")]
    [InlineData("/v1/images/generations", "under /v1/images is here: see docs/operations.md, What is otherwise here.")]
    [InlineData("/organizations", "See /v1/models and /v1/chat/completions.")]
    [InlineData("/v1/nope", "See /v1/models and /v1/chat/completions.")]
    public async Task ARouteOfLiteLlmsThatIsNotHere_IsA404ThatSaysWhereThoseAreTold(string path, string end)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama)));
        var refused = await gateway.PostAsync("{}", path: path);
        var error = await Setup.ErrorAsync(refused);
        Assert.Equal((404, "unknown_url"), ((int)refused.StatusCode, error.GetProperty("code").GetString()));
        Assert.EndsWith(end, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelInfo_HasThePricesThatHold_WhereverTheyAreSaid()
    {
        await using var ollama = await Setup.OllamaAsync();
        var priced = $"  - {{model_name: m, litellm_params: {{model: openai/x, api_base: \"{ollama.BaseAddress}v1\", api_key: k, input_cost_per_token: 0.5, output_cost_per_token: 0.25}}, model_info: {{id: one, output_cost_per_token: 0.125}}}}\n";
        await using var gateway = await TestGateway.StartAsync(Setup.Config(priced + Setup.Model("n", ollama) + $"  - {{model_name: o, litellm_params: {{model: openai/nobody-knows, api_base: \"{ollama.BaseAddress}v1\", api_key: k}}}}\n"));
        var data = JsonDocument.Parse(await gateway.Http.GetStringAsync("/model/info")).RootElement.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("model_info")).ToList();
        Assert.Equal(0.5, data[0].GetProperty("input_cost_per_token").GetDouble());
        Assert.Equal(0.125, Assert.Single(data[0].EnumerateObject(), p => p.Name == "output_cost_per_token").Value.GetDouble());
        Assert.Equal(0, data[1].GetProperty("input_cost_per_token").GetDouble());
        Assert.DoesNotContain(data[2].EnumerateObject(), p => p.Name.Contains("cost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Health_IsFreeRunsNoModelAndHasBothShapes()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), "general_settings: {master_key: sk-1}\n"));
        await gateway.UntilAsync(ollama.BaseAddress, b => b.Health == Backends.HealthState.Up, "the first probe has answered");
        var health = JsonDocument.Parse(await gateway.Http.GetStringAsync("/health")).RootElement;
        Assert.Equal("healthy", health.GetProperty("status").GetString());
        Assert.Equal(Silo.Configuration.Addresses.Normalise(ollama.BaseAddress), health.GetProperty("containers").GetProperty("m").GetString());
        Assert.Equal(1, health.GetProperty("healthy_count").GetInt32());
        Assert.Single(health.GetProperty("healthy_endpoints").EnumerateArray());
        Assert.Empty(health.GetProperty("unhealthy_endpoints").EnumerateArray());
        Assert.Equal("\"I'm alive!\"", await gateway.Http.GetStringAsync("/health/liveliness"));
        Assert.Equal("\"I'm alive!\"", await gateway.Http.GetStringAsync("/health/liveness"));
        Assert.Equal("healthy", JsonDocument.Parse(await gateway.Http.GetStringAsync("/health/readiness")).RootElement.GetProperty("status").GetString());
        Assert.Equal(200, (int)(await gateway.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"))).StatusCode);
        Assert.Equal(0, ollama.Stats.Started);
    }

    [Fact]
    public async Task Health_WithADeadContainer_IsStill200AndNamesIt()
    {
        var dead = Ports.Nobodys();
        await using var well = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config($"  - {{model_name: m, litellm_params: {{model: ollama/m, api_base: \"{dead}\"}}}}\n" + Setup.Model("n", well)));
        await gateway.UntilAsync(dead, b => b.Health == Backends.HealthState.Down, "the dead container's probe has failed");
        await gateway.UntilAsync(well.BaseAddress, b => b.Health == Backends.HealthState.Up, "the other's has answered");
        var response = await gateway.Http.GetAsync("/health");
        Assert.Equal(200, (int)response.StatusCode);
        var health = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(("degraded", 1), (health.GetProperty("status").GetString(), health.GetProperty("unhealthy_count").GetInt32()));
        Assert.Equal("down", health.GetProperty("unhealthy_endpoints")[0].GetProperty("health").GetString());
    }

    [Theory]
    [InlineData(null, null, 401)]
    [InlineData("Authorization", "Bearer wrong", 401)]
    [InlineData("Authorization", "sk-right", 401)]
    [InlineData("Authorization", "Bearer sk-right", 200)]
    [InlineData("Authorization", "bearer sk-right", 200)]
    [InlineData("x-api-key", "sk-right", 200)]
    [InlineData("api-key", "sk-right", 200)]
    [InlineData("x-goog-api-key", "sk-right", 200)]
    [InlineData("x-litellm-api-key", "sk-right", 200)]
    [InlineData("x-litellm-api-key", "Bearer sk-right", 200)]
    [InlineData("x-litellm-api-key", "wrong", 401)]
    [InlineData("Authorization", "Basic YW55Ym9keTpzay1yaWdodA==", 200)]
    [InlineData("Authorization", "Basic YW55Ym9keTpzay13cm9uZw==", 401)]
    [InlineData("Authorization", "Basic nonsense", 401)]
    public async Task WithAMasterKey_EveryCallNeedsIt(string? header, string? value, int status)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), "general_settings: {master_key: sk-right}\n"));
        foreach (var path in (string[])["/v1/models", "/model/info", "/nope"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (header is not null) request.Headers.TryAddWithoutValidation(header, value);
            var response = await gateway.Http.SendAsync(request);
            Assert.Equal(path == "/nope" && status == 200 ? 404 : status, (int)response.StatusCode);
            if (status != 401) continue;
            // What has the form of a virtual key is looked for; LiteLLM has a type of its own for that.
            var type = value == "Basic YW55Ym9keTpzay13cm9uZw==" ? "token_not_found_in_db" : "auth_error";
            Assert.Equal(type, (await Setup.ErrorAsync(response)).GetProperty("type").GetString());
        }
    }

    /// <summary>Whatever route somebody adds: what is to be had without a key stands here, and in docs/security.md.</summary>
    [Fact]
    public async Task WithAMasterKey_NoRouteIsFree_ButThese()
    {
        string[] free =
        [
            "/", "/api/version", "/health", "/health/liveliness", "/health/liveness", "/health/readiness", "/metrics", "/ui", "/ui/assets/{name}", "/ui/backends", "/ui/keys", "/ui/playground", "/ui/requests",
            "/ui/session", "/ui/usage",
        ];
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), "general_settings: {master_key: sk-right}\n"));
        var open = new SortedSet<string>(StringComparer.Ordinal);
        var asked = 0;
        foreach (var route in gateway.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>())
        {
            var pattern = "/" + route.RoutePattern.RawText!.TrimStart('/');
            foreach (var method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), Regex.Replace(pattern, "{[^}]*}", "x"));
                using var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (response.StatusCode != HttpStatusCode.Unauthorized) open.Add(pattern);
                asked++;
            }
        }

        Assert.True(asked > 80, $"{asked} routes were found");
        Assert.Equal(free, open);
    }

    [Fact]
    public async Task TheGatewaysOwnKey_NeverReachesABackend()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama, "openai"), "general_settings: {master_key: sk-right}\n"));
        gateway.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk-right");
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        Assert.DoesNotContain("sk-right", string.Concat(ollama.Stats.Bodies), StringComparison.Ordinal);
    }

    /// <summary>As Claude Code does, which keeps a token of its own in <c>Authorization</c>.</summary>
    [Fact]
    public async Task LiteLlmsOwnHeader_IsAskedBeforeAuthorization_AndNeitherGoesOn()
    {
        await using var backend = await Receiver.StartAsync();
        var logs = new CapturedLogs();
        await using var gateway = await TestGateway.StartAsync(
            Setup.Config($"  - {{model_name: m, litellm_params: {{model: anthropic/m, api_base: \"{backend.Address}\", api_key: the-backends}}}}\n", "router_settings: {num_retries: 0}\ngeneral_settings: {master_key: sk-right, set_verbose: true}\n"),
            logs: logs);
        Assert.Equal(401, (int)(await MessageAsync("Bearer sk-ant-oat", "sk-wrong")).StatusCode);
        Assert.Equal(401, (int)(await MessageAsync("Bearer sk-right", "Bearer sk-wrong")).StatusCode);
        Assert.DoesNotContain(backend.Requests, r => r.Path.Contains("messages", StringComparison.Ordinal));
        using var answer = await MessageAsync("Bearer sk-ant-oat", "Bearer sk-right");
        Assert.NotEqual(401, (int)answer.StatusCode);
        Assert.Contains(backend.Requests, r => r.Path.Contains("messages", StringComparison.Ordinal));
        Assert.All(backend.Requests, r => Assert.DoesNotContain(r.Headers, h => h.Value.Contains("sk-right", StringComparison.Ordinal) || h.Value.Contains("sk-ant-oat", StringComparison.Ordinal)));
        foreach (var secret in (string[])["sk-right", "sk-wrong", "sk-ant-oat"]) Assert.DoesNotContain(secret, logs.All, StringComparison.Ordinal);

        async Task<HttpResponseMessage> MessageAsync(string authorization, string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}""") };
            request.Headers.Add("Authorization", authorization);
            request.Headers.Add("x-litellm-api-key", key);
            return await gateway.Http.SendAsync(request);
        }
    }
}
