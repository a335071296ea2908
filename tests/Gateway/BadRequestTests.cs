using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Whatever a client sends wrong is a 4xx in OpenAI's shape that names the field, reaches no backend and is never a 500.</summary>
public sealed class BadRequestTests : IAsyncLifetime
{
    private SimulatedOllama _ollama = null!;
    private TestGateway _gateway = null!;

    public static TheoryData<string, string?, string> Bodies => new()
    {
        { "", null, "empty" },
        { "   ", null, "valid JSON" },
        { "nonsense", null, "valid JSON" },
        { "{\"model\":\"m\"", null, "valid JSON" },
        { "{\"model\":\"m\",}", null, "valid JSON" },
        { "{} trailing", null, "valid JSON" },
        { "[]", null, "must be a JSON object" },
        { "null", null, "must be a JSON object" },
        { "{}", "messages", "messages" },
        { """{"model":"m"}""", "messages", "messages" },
        { """{"model":5,"messages":[]}""", "model", "a string" },
        { """{"model":"m","messages":{}}""", "messages", "an array" },
        { """{"model":"m","messages":null}""", "messages", "an array" },
        { """{"model":"m","messages":[]}""", "messages", "empty array" },
        { """{"model":"m","messages":["x"]}""", "messages[0]", "an object" },
        { """{"model":"m","messages":[{"content":"x"}]}""", "messages[0].role", "role" },
        { """{"model":"m","messages":[{"role":"user","content":"x"},{"role":5}]}""", "messages[1].role", "a string" },
        { """{"model":"m","messages":[{"role":"user","content":7}]}""", "messages[0].content", "a string, an array of parts or null" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"yes"}""", "stream", "a boolean" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"stream_options":{"include_usage":1}}""", "stream_options.include_usage", "a boolean" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", "temperature", "a number" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":1.5}""", "max_tokens", "an integer" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"n":0}""", "n", "at least 1" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"tools":{}}""", "tools", "an array" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"stop":5}""", "stop", "an array of strings" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"user":[]}""", "user", "a string" },
        { """{"model":"m","messages":[{"role":"user","content":"x"}],"seed":1e400}""", "seed", "finite" },
        { """{"model":"nobody","messages":[{"role":"user","content":"x"}]}""", "model", "Invalid model name passed in model=nobody" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task ABadBody_IsA4xxThatNamesTheField(string body, string? param, string words)
    {
        var response = await _gateway.PostAsync(body);
        Assert.InRange((int)response.StatusCode, 400, 499);
        var error = await Setup.ErrorAsync(response);
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(0, _ollama.Stats.Requests);
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","anthropic_content":[{"type":"text","text":"z"}]}]}""", "messages[1].anthropic_content")]
    [InlineData("""{"model":"m","messages":[{"role":"system","content":"x","anthropic\u005fcontent":{"content":"z"}}]}""", "messages[0].anthropic_content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"fallbacks":[{"model":"m","messages":[{"role":"assistant","anthropic_content":[]}]}]}""", "messages[0].anthropic_content")]
    public async Task WhatTheGatewaySaysToItself_NoClientSays(string body, string param)
    {
        var response = await _gateway.PostAsync(body);
        Assert.Equal(400, (int)response.StatusCode);
        var error = await Setup.ErrorAsync(response);
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal("unknown_parameter", error.GetProperty("code").GetString());
        Assert.Equal(0, _ollama.Stats.Requests);
    }

    [Fact]
    public async Task ABodyThatIsNoUtf8_IsA400()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"m","messages":[{"role":"user","content":"x?"}]}""");
        body[Array.IndexOf(body, (byte)'?')] = 0xFF;
        var response = await _gateway.Http.PostAsync("/v1/chat/completions", new ByteArrayContent(body));
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("UTF-8", (await Setup.ErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABodyNestedTooDeeply_IsA400()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);
        var response = await _gateway.PostAsync($"{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],\"extra\":{deep}}}");
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("nested_too_deep", (await Setup.ErrorAsync(response)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ABodyOf33Megabytes_IsA413_WithAndWithoutALength(bool withLength)
    {
        var content = new ByteArrayContent(new byte[33 << 20]);
        if (!withLength) content.Headers.ContentLength = null;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };
        request.Headers.TransferEncodingChunked = !withLength;
        // Asking first is what lets a server refuse without taking the bytes; who asks has to wait for the answer, also on a machine that is slow.
        request.Headers.ExpectContinue = true;
        using var http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(2) }) { BaseAddress = _gateway.Address };
        var response = await http.SendAsync(request);
        Assert.Equal(413, (int)response.StatusCode);
        Assert.Equal("request_too_large", (await Setup.ErrorAsync(response)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("GET", "/nope", 404)]
    [InlineData("POST", "/v1/chat/completion", 404)]
    [InlineData("GET", "/v1/chat/completions", 405)]
    [InlineData("DELETE", "/v1/models", 405)]
    [InlineData("GET", "/v1/models/nobody", 404)]
    [InlineData("GET", "/../../etc/passwd", 404)]
    public async Task AnUnknownRouteOrMethod_IsAnOpenAiError(string method, string path, int status)
    {
        var response = await _gateway.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(status, (int)response.StatusCode);
        await Setup.ErrorAsync(response);
    }

    [Theory]
    [InlineData("x-litellm-timeout", "soon")]
    [InlineData("x-litellm-num-retries", "-1")]
    public async Task AHeaderThatIsNoNumber_IsNamed(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(TestGateway.Chat("m", "x")) };
        request.Headers.Add(header, value);
        var response = await _gateway.Http.SendAsync(request);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(header, (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task ABodyThatEndsTooEarly_IsNoRequest()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _gateway.Address.Port);
        await using var stream = socket.GetStream();
        // What has come would be a request if no more had been announced.
        var body = TestGateway.Chat("m", "x");
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length + 1}\r\n\r\n{body}"));
        socket.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        var answer = "";
        try
        {
            answer = await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            // A reset is as good an answer: nobody listens to half a request.
        }

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), answer);
        Assert.Equal(0, _ollama.Stats.Requests);
    }

    [Fact]
    public async Task UnknownFields_AreNoError()
    {
        var response = await _gateway.PostAsync("""{"model":"m","messages":[{"role":"user","content":"x"}],"chat_template_kwargs":{"a":[1]},"min_p":0.1,"temperature":null}""");
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.ValueKind);
    }

    public async ValueTask InitializeAsync()
    {
        _ollama = await Setup.OllamaAsync();
        _gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", _ollama), Setup.Quiet(_ollama)));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _ollama.DisposeAsync();
    }
}
