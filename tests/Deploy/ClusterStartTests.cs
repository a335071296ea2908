using OrleansLlm.Silo.CommandLine;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Discovery;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Deploy;

/// <summary>What a node of a cluster says at its start.</summary>
public sealed class ClusterStartTests : IDisposable
{
    private const string Models = "model_list: [{model_name: mine, litellm_params: {model: ollama/x}}]\n";
    private const string Database = "general_settings: {database_url: 'postgresql://u:p@db/x'}\n";
    private const string Redis = "gateway_settings: {cluster: {redis: 'redis:6379'}}\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-cluster-start-").FullName;

    [Theory]
    [InlineData(Redis, "All", true)]
    [InlineData("", "Silo", true)]
    [InlineData("", "Api", true)]
    [InlineData(Redis + Database, "Api", false)]
    [InlineData(Redis + "general_settings: {disable_spend_logs: true}\n", "Silo", false)]
    // One node, whose ledger is all there is.
    [InlineData("", "All", false)]
    public void WithoutADatabaseInCommon_ALedgerIsSplit(string more, string role, bool expected)
    {
        var settings = ConfigLoader.Load(Models + more, _ => null).Catalog.Settings;
        Assert.Equal(expected, SplitLedger.Is(settings, Enum.Parse<NodeRole>(role), engineHasOthers: true));
        Assert.False(SplitLedger.Is(settings, NodeRole.All, engineHasOthers: false));
    }

    [Fact]
    public void Validate_WarnsOfIt_OnAnEngineThatHasClusters()
    {
        var (catalog, report) = ConfigLoader.Load(Models + Redis, _ => null);
        SplitLedger.Report(catalog.Settings, engineHasOthers: true, report);
        var warning = Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning);
        Assert.Equal("general_settings.database_url", warning.Path);
        Assert.StartsWith("is not set: of several nodes each keeps", warning.Text, StringComparison.Ordinal);

        var file = Path.Combine(_folder, "gateway.yaml");
        File.WriteAllText(file, Models + Redis);
        using var output = new StringWriter();
        Assert.Equal(0, ValidateCommand.Run(file, output));
        Assert.Equal(Engine.HasOtherNodes, output.ToString().Contains("general_settings.database_url", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Silo", false)]
    [InlineData("All", true)]
    public async Task TheStartScreen_NamesOnlyWhatTheNodeAnswers(string role, bool hasFrontEnd)
    {
        var options = new GatewayOptions { Port = 4000, DataFolder = _folder, Role = Enum.Parse<NodeRole>(role), Variable = _ => null };
        var live = new LiveCatalog(Models, name => name is "SILO_PORT" or "GATEWAY_PORT" ? "0" : null);
        await using var app = GatewayHost.Build(options, live);
        await using var simulated = new SimulatedBackends();
        using var screen = new StringWriter();
        StartScreen.Print(screen, app, options, new Configured(live, "gateway.yaml"), simulated, TimeSpan.Zero);
        Assert.Contains("mine ", screen.ToString(), StringComparison.Ordinal);
        foreach (var absent in (string[])["/v1/", "/ui", "curl "]) Assert.Equal(hasFrontEnd, screen.ToString().Contains(absent, StringComparison.Ordinal));
        Assert.Equal(!hasFrontEnd, screen.ToString().Contains("http://localhost:4000/health/readiness", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
