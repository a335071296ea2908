namespace OrleansLlm.Tests.Clients.Node;

/// <summary>All suites with all providers, two at a time.</summary>
public sealed class NodeRuns : IAsyncLifetime
{
    private readonly SemaphoreSlim _atOnce = new(2);
    private readonly Dictionary<(string, string), Task<SuiteRun>> _runs = [];
    private string? _missing;

    public async ValueTask InitializeAsync()
    {
        _missing = await NpmInstall.RunAsync();
        if (_missing is not null) return;
        foreach (var suite in NodeSuite.Names)
        {
            foreach (var provider in ClientGateway.Providers) _runs[(suite, provider)] = RunAsync(suite, provider);
        }
    }

    /// <summary>Skips the test where there is no Node or no registry.</summary>
    internal Task<SuiteRun> OfAsync(string suite, string provider)
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return _runs[(suite, provider)];
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_runs.Values.Select(run => run.ContinueWith(_ => { }, TaskScheduler.Default)));
        _atOnce.Dispose();
    }

    private async Task<SuiteRun> RunAsync(string suite, string provider)
    {
        await _atOnce.WaitAsync();
        try
        {
            return await SuiteRun.RunAsync(suite, provider);
        }
        finally
        {
            _atOnce.Release();
        }
    }
}
