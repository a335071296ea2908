using System.Net.Http.Json;
using System.Text.Json;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Processes;

/// <summary>What a gateway writes to its console, by json_logs and set_verbose.</summary>
public sealed class LogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-process-").FullName;

    [Theory]
    [InlineData("general_settings", false)]
    [InlineData("general_settings", true)]
    [InlineData("litellm_settings", true)]
    public async Task WithJsonLogs_EachLineIsAnObject_FromTheStartOn_AndSetVerboseAddsMore(string section, bool verbose)
    {
        var lines = (await RunAsync($"{section}: {{json_logs: true, set_verbose: {(verbose ? "true" : "false")}}}")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var started = Assert.Single(lines, l => l.TryGetProperty("event", out var name) && name.GetString() == "Started").GetProperty("fields");
        Assert.Equal(("1", "open"), (started.GetProperty("models").GetString(), started.GetProperty("access").GetString()));
        Assert.Contains(lines, l => l.GetProperty("level").GetString() == "warning" && l.GetProperty("message").GetString()!.Contains("No master_key", StringComparison.Ordinal));
        var request = Assert.Single(lines, l => l.TryGetProperty("request_id", out _));
        Assert.Equal(("phi3:mini", true, "info"), (request.GetProperty("model").GetString(), request.GetProperty("success").GetBoolean(), request.GetProperty("level").GetString()));
        Assert.True(request.GetProperty("tokens").GetProperty("total").GetInt32() > 0);
        Assert.True(request.GetProperty("latency_ms").GetDouble() > 0);
        Assert.Equal(verbose, lines.Any(l => l.GetProperty("level").GetString() == "debug"));
    }

    [Fact]
    public async Task WithoutJsonLogs_TheLinesAreForPeople()
    {
        var lines = await RunAsync("");
        Assert.DoesNotContain(lines, l => l.StartsWith('{'));
        Assert.Single(lines, l => l.Contains("phi3:mini by ", StringComparison.Ordinal) && l.Contains(": success, ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AStop_SaysWhatItWaitsFor_AndWhenThatIsOver()
    {
        var time = new ManualTime();
        await using var ollama = await Simulator.SimulatedOllama.StartAsync(new Simulator.SimulatorOptions { Models = ["phi3:mini"], TimeToFirstToken = TimeSpan.FromSeconds(1), Time = time });
        await using var gateway = await StartAsync(ollama, "");
        using var http = new HttpClient { BaseAddress = gateway.Address };
        var answer = AskAsync(http);
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the backend works");
        var stop = gateway.TerminateAsync();
        // Again after five seconds: it is patient.
        await Eventually.UntilAsync(() => gateway.Output.Split("Stopping: 1 answers still run").Length > 2, "the stop waits for the answer, and says so twice");
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return answer.IsCompleted;
            },
            "the answer");
        (await answer).EnsureSuccessStatusCode();
        Assert.Equal(0, await stop);
        Assert.Contains("Stopping: no answer runs any more", gateway.Output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <returns>What came, but for a start screen, of one request whose words are in none of it.</returns>
    private async Task<List<string>> RunAsync(string settings)
    {
        await using var ollama = await Simulator.SimulatedOllama.StartAsync(new Simulator.SimulatorOptions { Models = ["phi3:mini"] });
        await using var gateway = await StartAsync(ollama, settings);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        (await AskAsync(http)).EnsureSuccessStatusCode();
        await Eventually.UntilAsync(() => gateway.Output.Contains("\"request_id\":", StringComparison.Ordinal) || gateway.Output.Contains(": success, ", StringComparison.Ordinal), "the request has left its line");
        Assert.Equal(0, await gateway.TerminateAsync());
        Assert.DoesNotContain("secret", gateway.Output, StringComparison.Ordinal);
        var lines = gateway.Output.Split('\n');
        var screen = Array.FindIndex(lines, l => l.Contains("curl ", StringComparison.Ordinal));
        return [.. lines.Skip(screen < 0 ? 0 : screen + 2).Where(l => l.Length > 0)];
    }

    private async Task<GatewayProcessUnderTest> StartAsync(Simulator.SimulatedOllama ollama, string settings)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "gateway.yaml"), $"model_list: [{{model_name: \"phi3:mini\", litellm_params: {{model: \"ollama_chat/phi3:mini\", api_base: \"{ollama.BaseAddress}\"}}}}]\n{settings}\n");
        var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        return gateway;
    }

    private static Task<HttpResponseMessage> AskAsync(HttpClient http) =>
        http.PostAsJsonAsync("/v1/chat/completions", new { model = "phi3:mini", messages = new[] { new { role = "user", content = "a secret question" } } });
}
