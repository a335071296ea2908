using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using OrleansLlm.Support;

namespace OrleansLlm.Bench.Gateways;

/// <summary>A gateway in a process of its own, as it is shipped, with a data folder that outlives it.</summary>
internal sealed class BenchGateway : IAsyncDisposable
{
    public const string Master = "sk-bench-master-key";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private HttpClient? _patient;

    private BenchGateway(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        process.ErrorDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>For requests that wait as long as they like.</summary>
    public HttpClient Patient => _patient ??= new HttpClient { BaseAddress = Http.BaseAddress, Timeout = Timeout.InfiniteTimeSpan };

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The newest lines of its log.</summary>
    public IEnumerable<string> LastLines(int most) => _lines.TakeLast(most);

    public int LinesWith(string text) => _lines.Count(l => l.Contains(text, StringComparison.Ordinal));

    /// <param name="folder">Of its configuration and data.</param>
    public static async Task<BenchGateway> StartAsync(string folder, string yaml, int port = 0)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), yaml);
        var start = new ProcessStartInfo(GatewayBuild.Program, GatewayBuild.Arguments($"--port {port}")) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in (string[])["PORT", "CONFIG_FILE_PATH", "LITELLM_CONFIG_PATH", "LITELLM_MASTER_KEY", "MODEL"]) start.Environment.Remove(name);
        // A silo of its own ports, whatever else runs here; no meaning on the Embedded engine.
        start.Environment["SILO_PORT"] = start.Environment["GATEWAY_PORT"] = "0";
        var gateway = new BenchGateway(new Process { StartInfo = start });
        while (!gateway._lines.Any(l => l.Contains("  Try", StringComparison.Ordinal)))
        {
            if (gateway._process.HasExited) throw new InvalidOperationException($"The gateway ended:\n{string.Join('\n', gateway._lines)}");
            await Task.Delay(Look, TimeProvider.System);
        }

        gateway.Http.BaseAddress = new Uri(gateway._lines.First(l => l.Contains("  Address  ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]);
        return gateway;
    }

    public async Task<HttpResponseMessage> PostAsync(string path, string json, string key = Master)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> ChatAsync(string key = Master) =>
        PostAsync("/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"Hello"}]}""", key);

    public async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Master);
        return await Http.SendAsync(request);
    }

    /// <summary>Until it does next to nothing for ten seconds, on a busy machine too.</summary>
    /// <returns>The CPU until then.</returns>
    public async Task<TimeSpan> UntilIdleAsync()
    {
        var before = Cpu;
        for (var quiet = 0; quiet < 10;)
        {
            var cpu = Cpu;
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            quiet = Cpu - cpu < TimeSpan.FromMilliseconds(20) ? quiet + 1 : 0;
        }

        return Cpu - before;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: an orderly stop.</summary>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _patient?.Dispose();
        if (!_process.HasExited)
        {
            using var term = Process.Start("kill", $"-TERM {_process.Id}");
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
