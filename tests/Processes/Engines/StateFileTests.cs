namespace OrleansLlm.Tests.Processes.Engines;

/// <summary>The state file of the Embedded engine; the other engine has none.</summary>
public sealed class StateFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-process-").FullName;

    [Fact]
    public async Task ItsPath_IsOnTheStartScreen()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        Assert.Contains(Path.Combine(_folder, "data", "orleansllm.db"), gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFolderThatIsNone_IsNamed()
    {
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--data /dev/null");
        await gateway.FailsAsync("/dev/null");
    }

    [Fact]
    public async Task AFileThatIsNone_IsNamed()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "data", "orleansllm.db"), new string('x', 8192));
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.FailsAsync("orleansllm.db");
    }

    [Fact]
    public async Task AStateFileThatIsMissingBesideAnOldLedger_IsTold()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "data", "ledger.db"), "of earlier runs");
        await using var gateway = GatewayProcessUnderTest.Start(_folder, "--port 0");
        await gateway.ReadyAsync();
        await Support.Eventually.UntilAsync(() => gateway.Output.Contains("[StateBegunAnew]", StringComparison.Ordinal), "it is told");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
