using System.Data.Common;
using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

public class LedgerTests
{
    [Fact]
    public void ADatabaseUrl_IsAConnectionString()
    {
        var connection = new DbConnectionStringBuilder { ConnectionString = DatabaseUrl.Parse("postgresql://ada:p%40ss;word@db.example:5433/llm?sslmode=verify-full&connection_limit=3") };
        Assert.Equal(("db.example", "5433", "llm", "ada", "p@ss;word", "verifyfull"),
            (connection["Host"], connection["Port"], connection["Database"], connection["Username"], connection["Password"], connection["SSL Mode"]));
    }

    [Theory]
    [InlineData("mysql://user:pass@localhost/litellm")]
    [InlineData("litellm.db")]
    public void AnotherDatabase_IsAWarningWithoutItsPassword(string url)
    {
        var (catalog, report) = ConfigLoader.Load($"general_settings: {{database_url: \"{url}\"}}", _ => null);
        Assert.Null(catalog.Settings.Ledger.Postgres);
        var finding = Assert.Single(report.Findings, f => f.Kind == FindingKind.Warning && f.Path == "general_settings.database_url");
        Assert.DoesNotContain("pass", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void SpendLogsDisabled_IsNoLedger() =>
        Assert.False(Settings("general_settings: {disable_spend_logs: true}\ngateway_settings: {ledger: {enabled: true}}").Enabled);

    [Fact]
    public void EveryBound_IsHonoured()
    {
        var options = Settings("gateway_settings: {ledger: {batch: 7, max_queue: 8, spool_max_bytes: 4096, retry_most: 9, retention_days: 2}}");
        Assert.Equal(new LedgerOptions { Batch = 7, MaxQueue = 8, SpoolMaxBytes = 4096, RetryMost = TimeSpan.FromSeconds(9), Retention = TimeSpan.FromDays(2) }, options);
    }

    [Theory]
    [InlineData("30d", "", 30)]
    [InlineData("36h", "gateway_settings: {ledger: {batch: 7}}", 1.5)]
    [InlineData("1mo", "gateway_settings: {ledger: {retention_days: 2}}", 2)]
    public void TheRetentionOfLiteLlm_IsThatOfRows_UnlessOursSaysAnother(string period, string ours, double days) =>
        Assert.Equal(TimeSpan.FromDays(days), Settings($"general_settings: {{maximum_spend_logs_retention_period: {period}}}\n{ours}").Retention);

    [Fact]
    public void ARetentionThatIsNoTime_IsAnError()
    {
        var (_, report) = ConfigLoader.Load("general_settings: {maximum_spend_logs_retention_period: for ever}", _ => null);
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Error, Path: "general_settings.maximum_spend_logs_retention_period" });
    }

    [Theory]
    [InlineData("openai/gpt-4o-mini", "", 0.00000015, 0.0000006)]
    [InlineData("openai/gpt-4o-mini", ", input_cost_per_token: 0.5, output_cost_per_token: 0.25", 0.5, 0.25)]
    [InlineData("ollama_chat/llama3.2", "", 0d, 0d)]
    [InlineData("openai/unheard-of", "", null, null)]
    public void Prices_AreTheFilesElseTheListsElseUnknown(string model, string more, double? input, double? output)
    {
        var (catalog, _) = ConfigLoader.Load(
            $"model_list: [{{model_name: m, litellm_params: {{model: {model}, api_base: \"http://localhost:1\", api_key: k{more}}}}}]", _ => null);
        var deployment = catalog.Groups.Single().Deployments.Single();
        Assert.Equal((input, output), (deployment.InputCostPerToken, deployment.OutputCostPerToken));
    }

    private static LedgerOptions Settings(string yaml) => ConfigLoader.Load(yaml, _ => null).Catalog.Settings.Ledger;
}
