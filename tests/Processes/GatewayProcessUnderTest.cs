using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Processes;

/// <summary>The gateway as a user starts it: its own process, in an empty folder, with nothing of this environment but the path.</summary>
internal sealed class GatewayProcessUnderTest : IAsyncDisposable
{
    /// <summary>What stands in for the start screen where logs are JSON.</summary>
    private const string Started = "\"event\":\"Started\"";

    /// <summary>A process that starts beside those of other tests, on few cores, has a hard time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private GatewayProcessUnderTest(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => string.Join('\n', _lines);

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public Uri Address => new(_lines.FirstOrDefault(l => l.Contains(Started, StringComparison.Ordinal)) is { } line
        ? JsonDocument.Parse(line).RootElement.GetProperty("fields").GetProperty("address").GetString()!
        : _lines.First(l => l.Contains("  Address  ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]);

    public static GatewayProcessUnderTest Start(string folder, string arguments, params (string Name, string Value)[] environment) =>
        Start(new ProcessStartInfo(GatewayBuild.Program, GatewayBuild.Arguments(arguments)), folder, environment);

    /// <summary>With so few files and sockets that it may open.</summary>
    public static GatewayProcessUnderTest StartWith(int files, string folder, string arguments) =>
        Start(new ProcessStartInfo("sh", ["-c", $"ulimit -n {files}; exec {GatewayBuild.Program} {GatewayBuild.Arguments(arguments)}"]), folder, []);

    private static GatewayProcessUnderTest Start(ProcessStartInfo start, string folder, (string Name, string Value)[] environment)
    {
        start.WorkingDirectory = folder;
        // No terminal, wherever the tests run.
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        foreach (var name in (string[])["PORT", "HOST", "DATA_DIR", "DEFAULT_CONFIG_PATH", "DOTNET_RUNNING_IN_CONTAINER", "CONFIG_FILE_PATH", "LITELLM_CONFIG_PATH", "LITELLM_MASTER_KEY", "MODEL"]) start.Environment.Remove(name);
        // Nobody answers at port 9: no Ollama is found, whatever runs on the machine of the test.
        start.Environment["OLLAMA_BASE_URL"] = "http://127.0.0.1:9";
        // A silo of its own ports, whatever else starts here; no meaning on the Embedded engine.
        foreach (var name in (string[])["SILO_PORT", "GATEWAY_PORT"]) start.Environment[name] = Ports.Free().ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new GatewayProcessUnderTest(start);
    }

    /// <summary>The whole of it is there: its last line as well.</summary>
    public Task ReadyAsync() => Eventually.UntilAsync(
        () => _process.HasExited ? throw new InvalidOperationException($"The gateway ended with {ExitCode}:\n{Output}") : IsWhole(Output),
        "the start screen, or its line",
        Patience);

    /// <summary>A silo without a front end has nothing to try: its screen ends with the models, of which tests have few.</summary>
    private static bool IsWhole(string output) =>
        output.Contains("      -d '{", StringComparison.Ordinal) || output.Contains(Started, StringComparison.Ordinal)
        || (output.Contains("  Health   ", StringComparison.Ordinal) && output.Contains("\n  Models\n    ", StringComparison.Ordinal));

    public async Task<int> ExitAsync()
    {
        await Eventually.UntilAsync(() => _process.HasExited, "the process ends", Patience);
        await _process.WaitForExitAsync();
        return ExitCode;
    }

    /// <summary>It ends with 1 and a sentence, not with a stack trace.</summary>
    public async Task FailsAsync(string expected)
    {
        Assert.Equal(1, await ExitAsync());
        Assert.Contains(expected, Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", Output, StringComparison.Ordinal);
    }

    /// <summary>SIGTERM, as a container platform sends it.</summary>
    public async Task<int> TerminateAsync()
    {
        await SignalAsync("TERM");
        return await ExitAsync();
    }

    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", $"-{name} {_process.Id}");
        await kill.WaitForExitAsync();
    }

    /// <summary>SIGKILL: nothing gets a chance to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null) _lines.Enqueue(line);
    }
}
