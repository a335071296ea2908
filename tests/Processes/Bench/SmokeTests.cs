using System.Diagnostics;
using System.Text.Json;

namespace OrleansLlm.Tests.Processes.Bench;

/// <summary>The bench as it is started by hand, with next to nothing to do: every scenario runs, and no figure is missing. None is judged.</summary>
public sealed class SmokeTests : IDisposable
{
    private static readonly string[] Times = ["p50_ms", "p95_ms", "p99_ms"];
    private static readonly string[] Whole = ["requests_per_s", .. Times.Select(t => $"latency_{t}"), "load_cores", "simulator_cores", "errors"];
    private static readonly string[] Streamed = [.. Whole, "chunks_per_s", .. Times.Select(t => $"ttft_{t}")];
    private static readonly string[] Gateway = [.. Times.Select(t => $"added_latency_{t}"), "cores", "peak_rss_mb"];
    private static readonly string[] Request = ["cpu_us_per_request", "allocated_kb_per_request"];
    private static readonly string[] Chunk = [.. Times.Select(t => $"added_ttft_{t}"), "cpu_us_per_chunk", "allocated_kb_per_chunk"];
    private static readonly string[] Gaps = ["gap_p50_ms", "gap_p99_ms"];

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-bench-test-").FullName;

    private string Json => Path.Combine(_folder, "figures.json");

    [Fact]
    public async Task EveryScenario_BringsEveryFigure_InJsonAndTable()
    {
        var (exit, table) = await BenchAsync("all", "--smoke", "--out", Json);
        Assert.True(exit == 0, table);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(Json));
        var cells = report.RootElement.GetProperty("cells").EnumerateArray().ToDictionary(c => $"{c.GetProperty("scenario")}: {c.GetProperty("cell")}", c => c.GetProperty("targets").EnumerateArray().ToList());
        foreach (var name in (string[])["single: c=1", "single: c=32", "prompts: c=4, 100 KB", "connections: c=500"]) Has(cells[name], Whole, [.. Gateway, .. Request]);
        Has(cells["streams: c=32 x 100 tokens"], Streamed, [.. Gateway, .. Chunk]);
        foreach (var open in (int[])[10, 200, 1000]) Has(cells[$"paced: {open} open"], [.. Streamed, .. Gaps], [.. Gateway, .. Chunk]);
        Has(cells["queue-users: 1000 users, 10 slots"], [.. Whole, "most_at_once"], [.. Gateway, .. Request]);
        Has(cells["start: first answer"], [], ["start_ms", "rss_mb"]);
        Has(cells["idle: after one answer"], [], ["idle_cpu_percent", "rss_mb", "threads"]);
        Assert.Equal(11, cells.Count);
        Assert.All(cells.Keys, name => Assert.Contains($"\n{name}\n", table, StringComparison.Ordinal));
        Assert.Equal(1, Figures(cells["queue-users: 1000 users, 10 slots"][1])["most_at_once"]);

        var (compared, changes) = await BenchAsync("compare", Json, Json);
        Assert.Equal(0, compared);
        Assert.Contains("start to first answer, ms", changes, StringComparison.Ordinal);
        Assert.Equal(cells.Values.SelectMany(c => c).Sum(t => Figures(t).Count), changes.Split('\n').Count(l => l.Contains("      1.00            no", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AnOllamaBehindTheGateway_IsMeasuredAsWell()
    {
        var (exit, table) = await BenchAsync("streams", "--smoke", "--upstream", "ollama", "--out", Json);
        Assert.True(exit == 0, table);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(Json));
        Assert.Equal("ollama", report.RootElement.GetProperty("run").GetProperty("upstream").GetString());
        Has([.. report.RootElement.GetProperty("cells")[0].GetProperty("targets").EnumerateArray()], Streamed, [.. Gateway, .. Chunk]);
    }

    [Theory]
    [InlineData("single --smoke --gateway nowhere", "there is no nowhere")]
    [InlineData("single --smoke --versus nonsense", "--versus")]
    [InlineData("compare nowhere.json nowhere.json", "nowhere.json")]
#if DEBUG
    [InlineData("single", "A Debug build measures nothing")]
#endif
    public async Task AMistake_IsOneSentence(string arguments, string expected)
    {
        var (exit, output) = await BenchAsync(arguments.Split(' '));
        Assert.Equal(2, exit);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Of each target its figures and no other errors than none; the gateway is the last one.</summary>
    private static void Has(List<JsonElement> targets, string[] all, string[] gateway)
    {
        Assert.Equal(all.Length == 0 ? ["gateway"] : ["direct", "gateway"], targets.Select(t => t.GetProperty("target").GetString()!));
        foreach (var target in targets)
        {
            Assert.Equal([.. all.Concat(target.GetProperty("target").GetString() == "gateway" ? gateway : []).Order(StringComparer.Ordinal)], Figures(target).Keys.Order(StringComparer.Ordinal));
            Assert.Empty(target.GetProperty("failures").EnumerateObject());
        }
    }

    private static Dictionary<string, double> Figures(JsonElement target) => target.GetProperty("figures").EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetDouble());

    private static async Task<(int Exit, string Output)> BenchAsync(params string[] arguments)
    {
        using var bench = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansLlm.Bench.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = bench.StandardError.ReadToEndAsync();
        var output = await bench.StandardOutput.ReadToEndAsync() + await errors;
        await bench.WaitForExitAsync();
        return (bench.ExitCode, output);
    }
}
