using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Processes;

/// <summary>What a newcomer sees in the first minute, and what it looks like when something is wrong.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-process-").FullName;

    [Fact]
    public async Task WithNothing_TheGatewayServesTwoSimulatedContainersAndSaysSo()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        Assert.Contains("SIMULATED", gateway.Output, StringComparison.Ordinal);
        Assert.StartsWith("No configuration: looking for an Ollama at http://", gateway.Output, StringComparison.Ordinal);
        Assert.Contains($"Pages    {gateway.Address.ToString().TrimEnd('/')}/ui\n", gateway.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("/v1/chat/completions", gateway.Output, StringComparison.Ordinal);
        Assert.Contains("OPEN: no master_key", gateway.Output, StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        foreach (var model in (string[])["qwen2.5:0.5b", "phi3:mini"])
        {
            var answer = await http.PostAsJsonAsync("/v1/chat/completions", new { model, messages = new[] { new { role = "user", content = "Hello" } } });
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("simulated", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(0, await gateway.TerminateAsync());
    }

    [Fact]
    public async Task AStopOnAFullDisk_IsOrderly()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no device is full here");
        var audit = Directory.CreateDirectory(Path.Combine(_folder, "data", "audit")).FullName;
        File.CreateSymbolicLink(Path.Combine(audit, "logins.log"), "/dev/full");
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0", ("LITELLM_MASTER_KEY", "sk-master"));
        await gateway.ReadyAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", "sk-wrong");

        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/v1/models")).StatusCode);

        await Eventually.UntilAsync(() => gateway.Output.Contains("[AuditNotWritten]", StringComparison.Ordinal), "it is told");
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    [Fact]
    public async Task AStopWithNotice_KeepsThePortOpen_AndReadinessSaysSo()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), "model_list: [{model_name: m, litellm_params: {model: openai/x, api_base: \"http://127.0.0.1:9/v1\"}}]\ngateway_settings: {stop_delay: 3600}\n");
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/readiness")).StatusCode);
        await gateway.SignalAsync("TERM");
        // Each by a connection of its own: one that was kept might outlive the port.
        await Eventually.UntilAsync(() => gateway.Output.Contains("[StopNoticed]", StringComparison.Ordinal), "it has heard of it");
        foreach (var (path, status) in ((string, HttpStatusCode)[])[("/health/readiness", HttpStatusCode.ServiceUnavailable), ("/health/liveliness", HttpStatusCode.OK), ("/v1/models", HttpStatusCode.OK)])
        {
            using var other = new HttpClient { BaseAddress = gateway.Address };
            Assert.Equal(status, (await other.GetAsync(path)).StatusCode);
        }

        await gateway.KillAsync();
    }

    [Fact]
    public async Task TheCurlLineOfTheStartScreen_Works()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        var lines = gateway.Output.Split('\n').SkipWhile(l => !l.Contains("curl ", StringComparison.Ordinal)).Take(2).Select(l => l.Trim().TrimEnd('\\'));
        using var curl = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", string.Concat(lines)]) { RedirectStandardOutput = true })!;
        Assert.Contains("simulated", await curl.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithAnOllamaThatAnswers_ItsModelsAreServed()
    {
        await using var ollama = await SimulatedOllama.StartAsync(new SimulatorOptions { Models = ["llama3.2", "qwen3:8b"] });
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0", ("OLLAMA_BASE_URL", ollama.BaseAddress.ToString()));
        await gateway.ReadyAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        var models = JsonDocument.Parse(await http.GetStringAsync("/v1/models")).RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!);
        Assert.Equal(["llama3.2", "qwen3:8b"], models.Order().Select(m => m.Replace(":latest", "", StringComparison.Ordinal)));
        Assert.DoesNotContain("SIMULATED", gateway.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway.yaml", "", null)]
    [InlineData("litellm_config.yaml", "", null)]
    [InlineData("mine.yaml", "--config mine.yaml", null)]
    [InlineData("mine.yaml", "", "CONFIG_FILE_PATH")]
    [InlineData("mine.yaml", "", "LITELLM_CONFIG_PATH")]
    public async Task TheConfiguration_IsFoundWhereLiteLlmUsersKeepIt(string file, string arguments, string? variable)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, file), "model_list: [{model_name: mine, litellm_params: {model: ollama/x, api_key: os.environ/FROM_DOTENV}}]");
        await File.WriteAllTextAsync(Path.Combine(_folder, ".env"), "FROM_DOTENV=1\n");
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0 " + arguments, variable is null ? [] : [(variable, file)]);
        await gateway.ReadyAsync();
        Assert.Contains("mine ", gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("notes", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheStatusCommand_KeepsTheTableLive_UntilItIsStopped()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        await using var status = GatewayProcessUnderTest.Start(_folder, $"status --watch --url {gateway.Address}");
        await Support.Eventually.UntilAsync(() => status.Output.Split('\n').Count(l => l.StartsWith("BACKEND", StringComparison.Ordinal)) >= 2, "the table again", TimeSpan.FromMinutes(2));
        Assert.Equal(0, await status.TerminateAsync());
    }

    [Fact]
    public async Task TheHealthCommand_TellsALivingGatewayFromNone()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        foreach (var ask in (string[])["health", "health --ready"])
        {
            await using var well = GatewayProcessUnderTest.Start(_folder, $"{ask} --url {gateway.Address}");
            Assert.Equal(0, await well.ExitAsync());
        }

        await using var none = GatewayProcessUnderTest.Start(_folder, "health --url http://127.0.0.1:9");
        await none.FailsAsync("http://127.0.0.1:9/health/liveliness");
    }

    [Fact]
    public async Task PORT_InTheEnvironment_IsTheDefaultPort()
    {
        var port = Support.Ports.Free();
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "", ("PORT", port.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await gateway.ReadyAsync();
        Assert.Equal(port, gateway.Address.Port);
    }

    [Fact]
    public async Task PORT_ThatIsNoPort_IsOneSentence()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "", ("PORT", "abc"));
        await gateway.FailsAsync("PORT in the environment: expected a number");
    }

    [Fact]
    public async Task LiteLlmsOwnFlags_AreTakenAndNamed()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "config.yaml"), "model_list: [{model_name: mine, litellm_params: {model: ollama/x}}]");
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--config config.yaml --port 0 --num_workers 4 --detailed_debug --telemetry False --run_gunicorn --keepalive_timeout 75");
        await gateway.ReadyAsync();
        var line = gateway.Output.Split('\n').Single(l => l.Contains("without effect", StringComparison.Ordinal));
        Assert.All((string[])["--num_workers (one process", "--detailed_debug (", "--telemetry (", "--run_gunicorn (", "--keepalive_timeout ("], f => Assert.Contains(f, line, StringComparison.Ordinal));
        Assert.DoesNotContain("--debug", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHangUp_EndsNothing()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        await gateway.SignalAsync("HUP");
        using var http = new HttpClient { BaseAddress = gateway.Address };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/liveliness")).StatusCode);
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    [Fact]
    public async Task APortInUse_IsOneSentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var gateway = GatewayProcessUnderTest.Start(_folder, $"--port {((IPEndPoint)taken.LocalEndpoint).Port}");
        await gateway.FailsAsync("is in use");
    }

    [Theory]
    [InlineData("router_settings: {num_retries: many}", "router_settings.num_retries")]
    [InlineData("a: [}", "not valid YAML")]
    public async Task AConfigurationWithErrors_IsRefusedWithKeyAndLine(string yaml, string expected)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), yaml);
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.FailsAsync(expected);
        Assert.Contains("line 1", gateway.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--config missing.yaml", "no such file")]
    [InlineData("--port 70000", "--port")]
    [InlineData("--port x", "--port: expected a number")]
    [InlineData("--host nowhere", "--host")]
    [InlineData("--data /dev/null --port 0", "--data (else DATA_DIR): '/dev/null' cannot be the folder for state: it is a file.")]
    [InlineData("--data /proc/nothing --port 0", "--data (else DATA_DIR): '/proc/nothing' cannot be the folder for state")]
    [InlineData("--model gpt-4o", "--model")]
    [InlineData("health --url nowhere", "--url")]
    [InlineData("health --url localhost:4000", "--url: expected")]
    [InlineData("health --url ftp://a", "--url: expected")]
    [InlineData("status --url localhost:4000", "--url: expected")]
    [InlineData("validate missing.yaml", "no such file")]
    public async Task AMistakeOnTheCommandLine_IsExplained(string arguments, string expected)
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, arguments);
        await gateway.FailsAsync(expected);
    }

    [Fact]
    public async Task AKilledGateway_StartsAgainOnItsState()
    {
        for (var round = 0; round < 2; round++)
        {
            await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
            await gateway.ReadyAsync();
            using var http = new HttpClient { BaseAddress = gateway.Address };
            var answer = await http.PostAsJsonAsync("/v1/chat/completions", new { model = "phi3:mini", messages = new[] { new { role = "user", content = "Hello" } } });
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await gateway.KillAsync();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
