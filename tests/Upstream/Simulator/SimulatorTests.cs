using System.Net;
using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Simulator;

/// <summary>The stand-in must behave as the real servers do, or the tests built on it prove nothing.</summary>
public sealed class SimulatorTests : IDisposable
{
    private readonly HttpClient _http = new();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Chat_StreamsLinesAndEndsWithDoneAndDurations()
    {
        await using var server = await StartAsync();

        var lines = (await PostAsync(server, "api/chat", """{"model":"m:latest","messages":[{"role":"user","content":"hi"}]}"""))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();

        Assert.Equal("This is a simulated answer from m:latest to: hi", string.Concat(lines.Select(line => line.GetProperty("message").GetProperty("content").GetString())));
        Assert.All(lines.SkipLast(1), line => Assert.False(line.GetProperty("done").GetBoolean()));
        Assert.Equal("stop", lines[^1].GetProperty("done_reason").GetString());
        Assert.Equal(1, lines[^1].GetProperty("prompt_eval_count").GetInt32());
        Assert.Equal(9, lines[^1].GetProperty("eval_count").GetInt32());
    }

    [Theory]
    [InlineData("api/chat", """{"model":"nope","messages":[]}""", 404, "{\"error\":\"model 'nope' not found\"}")]
    [InlineData("api/chat", """{"messages":[]}""", 400, "{\"error\":\"model is required\"}")]
    [InlineData("api/chat", "", 400, "{\"error\":\"missing request body\"}")]
    [InlineData("api/chat", """{"model":"m","messages":[{"role":"user","content":[]}]}""", 400, "{\"error\":\"json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string\"}")]
    [InlineData("api/chat", """{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"top_k":"x"}}""", 400, "{\"error\":\"option \\\"top_k\\\" must be of type integer\"}")]
    [InlineData("api/chat", """{"model":"m","think":true,"messages":[{"role":"user","content":"x"}]}""", 400, "{\"error\":\"\\\"m:latest\\\" does not support thinking\"}")]
    [InlineData("api/chat", """{"model":"bert","messages":[{"role":"user","content":"x"}]}""", 400, "{\"error\":\"\\\"bert:latest\\\" does not support chat\"}")]
    [InlineData("v1/chat/completions", """{"model":"nope","messages":[{"role":"user","content":"x"}]}""", 404, """{"error":{"message":"The model 'nope' does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}""")]
    public async Task WrongRequests_GetTheRealServersWords(string path, string body, int status, string expected)
    {
        await using var server = await StartAsync();
        using var response = await _http.PostAsync(new Uri(server.BaseAddress, path), new StringContent(body));

        Assert.Equal((status, expected), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "load")]
    [InlineData("""{"model":"m","keep_alive":0}""", "unload")]
    public async Task Generate_WithoutAPrompt_LoadsOrUnloads(string body, string reason)
    {
        await using var server = await StartAsync();

        Assert.Contains($"\"done\":true,\"done_reason\":\"{reason}\"", await PostAsync(server, "api/generate", body), StringComparison.Ordinal);
        Assert.Equal(reason == "load" ? ["m:latest"] : [], server.Loaded);
        Assert.Equal(0, server.Stats.Started);
    }

    [Fact]
    public async Task Slots_LimitWhatRunsAtOnceAndKeepTheOrder()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(new SimulatorOptions { Models = ["m:latest"], Slots = 2, TimeToFirstToken = TimeSpan.FromSeconds(1), Time = time });
        await PostAsync(server, "api/generate", """{"model":"m"}""");
        server.Stats.Reset();
        var calls = new List<Task<string>>();
        for (var at = 0; at < 6; at++)
        {
            calls.Add(PostAsync(server, "api/chat", $$$"""{"model":"m","messages":[{"role":"user","content":"{{{at}}}"}]}"""));
            var arrived = at + 1;
            await Eventually.HappensAsync(() => server.Stats.Running + server.Stats.Waiting == arrived, $"request {at} is in");
        }

        for (var round = 1; round <= 3; round++)
        {
            var (running, done) = (Math.Min(2, 6 - (2 * (round - 1))), 2L * round);
            await Eventually.HappensAsync(() => server.Stats.Running == running && time.ArmedTimers == running, "two run");
            time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.HappensAsync(() => server.Stats.Finished == done, "they finish");
        }

        await Task.WhenAll(calls);
        Assert.Equal(2, server.Stats.MaxRunning);
        Assert.Equal(["0", "1", "2", "3", "4", "5"], server.Stats.Arrivals);
    }

    [Fact]
    public async Task ColdLoad_IsAbortedWhenItsClientLeaves()
    {
        await using var server = await StartAsync(new SimulatorOptions { Models = ["m:latest"], LoadTime = TimeSpan.FromMinutes(5), Time = new ManualTime() });
        using var leaving = new CancellationTokenSource();
        var call = PostAsync(server, "api/chat", """{"model":"m","messages":[{"role":"user","content":"x"}]}""", leaving.Token);
        await Eventually.HappensAsync(() => server.Stats.LoadsStarted == 1, "the load began");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Eventually.HappensAsync(() => server.Stats.LoadsAborted == 1, "the load was aborted");
        Assert.Empty(server.Loaded);
    }

    [Fact]
    public async Task RunnerOption_Changed_ReloadsTheModel()
    {
        await using var server = await StartAsync();
        foreach (var context in new[] { 1, 1, 2, 1 })
            await PostAsync(server, "api/chat", $$$"""{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"num_ctx":{{{context}}}}}""");

        Assert.Equal(3, server.Stats.LoadsFinished);
    }

    [Fact]
    public async Task Faults_AreSetByHttpAndUsedUp()
    {
        await using var server = await StartAsync();
        await PostAsync(server, "sim/faults", """[{"kind":"status","count":2,"status":429,"headers":{"Retry-After":"7"},"body":"slow"}]""");
        const string body = """{"model":"m","messages":[{"role":"user","content":"x"}]}""";

        for (var at = 0; at < 2; at++)
        {
            using var refused = await _http.PostAsync(new Uri(server.BaseAddress, "api/chat"), new StringContent(body));
            Assert.Equal((HttpStatusCode)429, refused.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(7), refused.Headers.RetryAfter!.Delta);
        }

        await PostAsync(server, "api/chat", body);
        var stats = await _http.GetStringAsync(new Uri(server.BaseAddress, "sim/stats"));
        Assert.Contains("\"requests\":3", stats, StringComparison.Ordinal);
        Assert.Contains("\"finished\":1", stats, StringComparison.Ordinal);
        await PostAsync(server, "sim/reset", "");
        Assert.Equal(0, server.Stats.Requests);
    }

    [Fact]
    public async Task Host_ThatIsNotLocal_IsForbidden()
    {
        await using var server = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.BaseAddress, "api/version")) { Headers = { Host = "gateway.example.com" } };
        using var response = await _http.SendAsync(request);

        Assert.Equal((HttpStatusCode.Forbidden, ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Embeddings_AreTheSameInAllThreeForms()
    {
        await using var server = await StartAsync();

        var native = JsonDocument.Parse(await PostAsync(server, "api/embed", """{"model":"m","input":["x"]}""")).RootElement.GetProperty("embeddings")[0];
        var floats = JsonDocument.Parse(await PostAsync(server, "v1/embeddings", """{"model":"m","input":"x"}""")).RootElement.GetProperty("data")[0].GetProperty("embedding");
        var base64 = JsonDocument.Parse(await PostAsync(server, "v1/embeddings", """{"model":"m","input":"x","encoding_format":"base64"}""")).RootElement.GetProperty("data")[0].GetProperty("embedding");

        Assert.Equal(native.GetRawText(), floats.GetRawText());
        Assert.Equal(floats.EnumerateArray().Select(value => value.GetSingle()), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(base64.GetBytesFromBase64()).ToArray());
    }

    private static Task<SimulatedOllama> StartAsync(SimulatorOptions? options = null) =>
        SimulatedOllama.StartAsync(options ?? new SimulatorOptions { Models = ["m:latest", "bert:latest"] });

    private async Task<string> PostAsync(SimulatedOllama server, string path, string body, CancellationToken ct = default)
    {
        using var response = await _http.PostAsync(new Uri(server.BaseAddress, path), new StringContent(body, Encoding.UTF8, "application/json"), ct);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(ct);
    }
}
