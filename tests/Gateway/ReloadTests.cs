using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>The configuration file changes under a gateway that serves.</summary>
public class ReloadTests
{
    [Fact]
    public async Task AThousandRequests_WhileTheFileChangesTwentyTimes_AreAllAnswered()
    {
        await using var one = await Setup.OllamaAsync();
        await using var two = await Setup.OllamaAsync();
        using var file = new ConfigFileUnderTest();
        await using var gateway = await StartAsync(file, Version(0, one, two));
        using var over = new CancellationTokenSource();
        var answered = 0;
        var clients = Enumerable.Range(0, 8).Select(async client =>
        {
            var statuses = new List<int>();
            while (Interlocked.Increment(ref answered) <= 1000 || !over.IsCancellationRequested)
            {
                using var response = await gateway.PostAsync(TestGateway.Chat("m", $"{client}", stream: client % 2 == 0));
                var text = await response.Content.ReadAsStringAsync();
                statuses.Add((int)response.StatusCode);
                Assert.True(response.IsSuccessStatusCode, text);
                Assert.DoesNotContain("\"error\"", text, StringComparison.Ordinal);
            }

            return statuses.Count;
        }).ToList();
        for (var version = 1; version <= 20; version++)
        {
            // Each moves the model to another container, with another weight, number of slots and set of keys.
            file.Replace(Version(version, one, two));
            await Eventually.UntilAsync(async () => await ServesAsync(gateway, $"v{version}"), $"version {version} is in force");
        }

        await over.CancelAsync();
        Assert.InRange((await Task.WhenAll(clients)).Sum(), 1000, int.MaxValue);
        Assert.True(one.Stats.Started > 0 && two.Stats.Started > 0);
    }

    [Fact]
    public async Task AVariableOfDotEnvThatHasChanged_IsSaidToWaitForARestart()
    {
        await using var ollama = await Setup.OllamaAsync();
        using var file = new ConfigFileUnderTest();
        var variables = Path.Combine(Path.GetDirectoryName(file.Path)!, ".env");
        await File.WriteAllTextAsync(variables, "SAME=1\nCHANGED=old\nGONE=1\n");
        var logs = new CapturedLogs();
        file.Replace(Setup.Config(Setup.Model("a", ollama)));
        await using var gateway = await TestGateway.StartAsync(await File.ReadAllTextAsync(file.Path), file: file.Path, logs: logs);
        await File.WriteAllTextAsync(variables, "SAME=1\nCHANGED=sk-secret\n");

        file.Replace(Setup.Config(Setup.Model("b", ollama)));

        await Eventually.UntilAsync(() => logs.Of("ConfigReloaded").Count == 1, "the file is in force");
        Assert.Equal(2, logs.Of("NeedsRestart").Count);
        Assert.Contains("CHANGED in .env", logs.All, StringComparison.Ordinal);
        Assert.Contains("GONE in .env", logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInvalidFile_ChangesNothing_AndTheNextValidOneApplies()
    {
        await using var ollama = await Setup.OllamaAsync();
        using var file = new ConfigFileUnderTest();
        await using var gateway = await StartAsync(file, Setup.Config(Setup.Model("a", ollama)));
        file.Replace(Setup.Config(Setup.Model("b", ollama), "router_settings: {num_retries: many}\n"));
        file.Replace(Setup.Config(Setup.Model("c", ollama), "router_settings: {num_retries: none}\n"));
        // What cannot be seen is given the time that a valid change takes: that of another gateway on the same file's neighbour.
        using var other = new ConfigFileUnderTest();
        await using var neighbour = await StartAsync(other, Setup.Config(Setup.Model("a", ollama)));
        other.Replace(Setup.Config(Setup.Model("d", ollama)));
        await Eventually.UntilAsync(async () => await ServesAsync(neighbour, "d"), "a valid change elsewhere is in force");
        Assert.True(await ServesAsync(gateway, "a"));
        Assert.False(await ServesAsync(gateway, "b") || await ServesAsync(gateway, "c"));
        Assert.Equal(200, (int)(await gateway.PostAsync(TestGateway.Chat("a", "x"))).StatusCode);
        file.Replace(Setup.Config(Setup.Model("e", ollama)));
        await Eventually.UntilAsync(async () => await ServesAsync(gateway, "e"), "the valid one is in force");
        Assert.False(await ServesAsync(gateway, "a"));
    }

    [Theory]
    [InlineData("rename")]
    [InlineData("in place")]
    [InlineData("in two halves")]
    [InlineData("deleted first")]
    [InlineData("swapped link")]
    public async Task AChange_IsSeen_HoweverTheFileIsWritten(string how)
    {
        await using var ollama = await Setup.OllamaAsync();
        using var file = new ConfigFileUnderTest(linked: how == "swapped link");
        await using var gateway = await StartAsync(file, Setup.Config(Setup.Model("a", ollama)));
        for (var version = 1; version <= 2; version++)
        {
            file.Write(how, Setup.Config(Setup.Model("b" + version, ollama)));
            await Eventually.UntilAsync(async () => await ServesAsync(gateway, "b" + version), $"change {version} is in force");
        }
    }

    [Fact]
    public async Task ARemovedBackend_FinishesWhatRuns_AndWhoWaitsThereIsServedByTheNewOne()
    {
        var time = new ManualTime();
        await using var old = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        await using var young = await Setup.OllamaAsync();
        using var file = new ConfigFileUnderTest();
        await using var gateway = await StartAsync(file, Setup.Config(Setup.Model("m", old), Setup.QuietWith(", lease: 3600", old)));
        var running = gateway.PostAsync(TestGateway.Chat("m", "a"));
        await Eventually.UntilAsync(() => old.Stats.Running == 1, "the inference runs");
        var waiting = gateway.PostAsync(TestGateway.Chat("m", "b"));
        await gateway.UntilAsync(old.BaseAddress, b => b.Waiting == 1, "the second request waits");
        file.Replace(Setup.Config(Setup.Model("m", young), Setup.Quiet(young)));
        // No time passes at the old backend: only the change itself can bring the waiting request elsewhere.
        Assert.Equal(200, (int)(await waiting).StatusCode);
        Assert.Equal((1, 1), (old.Stats.Started, young.Stats.Started));
        Assert.False(running.IsCompleted);
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.Equal(0, old.Stats.Cancelled);
    }

    [Fact]
    public async Task AnUnknownModelsFallback_IsAskedOnce_ThoughTheFileChangesMeanwhile()
    {
        var time = new ManualTime();
        await using var spare = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        spare.Faults.Add(new Fault { Kind = FaultKind.ErrorEvent, AfterTokens = -1, Count = 2 });
        using var file = new ConfigFileUnderTest();
        await using var gateway = await StartAsync(file, Setup.Config(Setup.Model("spare", spare), Setup.QuietWith(", lease: 3600", spare)));
        var asked = gateway.PostAsync("""{"model":"unknown","fallbacks":["spare"],"messages":[{"role":"user","content":"x"}]}""");
        await Eventually.UntilAsync(() => spare.Stats.Running == 1, "the fallback is asked");
        file.Replace(Setup.Config(Setup.Model("spare", spare) + Setup.Model("b", spare), Setup.QuietWith(", lease: 3600", spare)));
        await Eventually.UntilAsync(async () => await ServesAsync(gateway, "b"), "the change is in force");
        time.Advance(Setup.Second);
        await Eventually.UntilAsync(() => asked.IsCompleted || spare.Stats.Running > 0, "the answer, or another try");
        Assert.Equal(1, spare.Stats.Started);
        Assert.Equal(404, (int)(await asked).StatusCode);
    }

    [Fact]
    public async Task Slots_Limits_AndTheMasterKey_ChangeWithoutARestart()
    {
        var time = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: time, firstToken: Setup.Second);
        using var file = new ConfigFileUnderTest();
        await using var gateway = await StartAsync(file, Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var both = new[] { "a", "b" }.Select(t => gateway.PostAsync(TestGateway.Chat("m", t))).ToList();
        await gateway.UntilAsync(ollama.BaseAddress, b => b is { Running: 1, Waiting: 1 }, "one runs and one waits");
        file.Replace(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama).Replace("slots: 1", "slots: 2", StringComparison.Ordinal)));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 2, "the second slot is used by who waited");
        time.Advance(Setup.Second);
        foreach (var answer in both) Assert.Equal(200, (int)(await answer).StatusCode);
        file.Replace(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "  limits: {user: {rpm: 1}}\ngeneral_settings: {master_key: sk-live}\n"));
        await Eventually.UntilAsync(async () => (int)(await gateway.Http.GetAsync("/v1/models")).StatusCode == 401, "the key is asked for");
        gateway.Http.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", "sk-live");
        Assert.Equal(200, (int)(await gateway.Http.GetAsync("/v1/models")).StatusCode);
        var first = gateway.PostAsync(TestGateway.Chat("m", "x"));
        await Eventually.UntilAsync(() => ollama.Stats.Running == 1, "the first one runs");
        Assert.Equal(429, (int)(await gateway.PostAsync(TestGateway.Chat("m", "x"))).StatusCode);
        time.Advance(Setup.Second);
        Assert.Equal(200, (int)(await first).StatusCode);
    }

    private static Task<TestGateway> StartAsync(ConfigFileUnderTest file, string yaml)
    {
        file.Write("first", yaml);
        return TestGateway.StartAsync(yaml, file: file.Path);
    }

    private static async Task<bool> ServesAsync(TestGateway gateway, string model) =>
        (await gateway.Http.GetStringAsync("/v1/models")).Contains($"\"{model}\"", StringComparison.Ordinal);

    private static string Version(int version, Simulator.SimulatedOllama one, Simulator.SimulatedOllama two)
    {
        var at = version % 2 == 0 ? one : two;
        var both = version % 5 == 0;
        return Setup.Config(
            Setup.Model("m", at).Replace("max_parallel_requests: 1", $"weight: {version + 1}", StringComparison.Ordinal)
            + (both ? Setup.Model("m", at == one ? two : one) : "") + Setup.Model($"v{version}", at),
            $"router_settings: {{routing_strategy: {(version % 3 == 0 ? "least-busy" : "simple-shuffle")}}}\n"
            + Setup.Quiet(one, two).Replace("router_settings: {num_retries: 0}\n", "", StringComparison.Ordinal)
                .Replace("slots: 1", $"slots: {1 + (version % 4)}", StringComparison.Ordinal)
            + $"  limits: {{user: {{rpm: {1_000_000 + version}}}}}\n");
    }
}
