using OrleansLlm.Catalog;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Tests.Configuration;

public class LiveCatalogTests
{
    private const string One = "model_list: [{model_name: a, litellm_params: {model: ollama/x}}]\n";
    private const string Two = "model_list: [{model_name: a, litellm_params: {model: ollama/x}}, {model_name: b, litellm_params: {model: ollama/y}}]\n";

    private readonly LiveCatalog _live = new(One, _ => null);

    [Fact]
    public void AValidText_IsInForce_AndTold()
    {
        (GatewayCatalog Before, GatewayCatalog Now)? told = null;
        var before = _live.Current;
        _live.Changed += (was, now) => told = (was, now);
        Assert.False(_live.TakeText(Two).Report.HasErrors);
        Assert.NotNull(_live.Current.FindGroup("b"));
        Assert.Equal((before, _live.Current), told);
        Assert.Equal(Two, _live.Text);
    }

    /// <summary>Whatever a reader has not thought of: the process goes on with what it has, and says so without repeating the file.</summary>
    [Fact]
    public void AFaultOfAReader_IsARefusal_AtTheStartAndLater()
    {
        var isBroken = false;
        string? Variable(string name) => isBroken ? throw new InvalidTimeZoneException("sk-secret") : null;
        var live = new LiveCatalog(One, Variable);
        var before = live.Current;
        isBroken = true;
        foreach (var report in new[] { live.TakeText(Two).Report, new LiveCatalog(Two, Variable).StartReport })
        {
            var told = Assert.Single(report.Findings);
            Assert.Equal(FindingKind.Error, told.Kind);
            Assert.Contains(nameof(InvalidTimeZoneException), told.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-secret", told.Text, StringComparison.Ordinal);
        }

        Assert.Same(before, live.Current);
    }

    [Theory]
    [InlineData("model_list: [")]
    [InlineData("router_settings: {routing_strategy: fastest}")]
    [InlineData("")]
    [InlineData("  \n")]
    public void AnInvalidText_IsRefusedWithItsReport_AndNothingChanges(string text)
    {
        var before = _live.Current;
        _live.Changed += (_, _) => Assert.Fail("nothing has changed");
        Assert.Contains(_live.TakeText(text).Report.Findings, f => f.Kind == FindingKind.Error);
        Assert.Same(before, _live.Current);
        Assert.Equal(One, _live.Text);
    }

    [Fact]
    public void WhatNeedsARestart_IsNamedAndStaysAsItWas_AndTheRestApplies()
    {
        var taken = _live.TakeText(Two + """
            general_settings: {master_key: sk-new, json_logs: true, max_request_size_mb: 1}
            gateway_settings:
              drain_timeout: 1
              default_model: b
              limits: {user: {rpm: 7}}
              cluster: {cluster_id: another}
            """);
        Assert.False(taken.Report.HasErrors);
        Assert.Equal(
            ["gateway_settings.cluster", "gateway_settings.drain_timeout", "general_settings.max_request_size_mb", "general_settings.json_logs"],
            taken.NeedRestart);
        var defaults = new GatewaySettings();
        var settings = _live.Current.Settings;
        Assert.Equal((defaults.Cluster, defaults.DrainTimeout, defaults.MaxRequestBytes, false),
            (settings.Cluster, settings.DrainTimeout, settings.MaxRequestBytes, settings.JsonLogs));
        Assert.Equal(("b", 7), (settings.DefaultModel, settings.Limits.User.Requests));
        Assert.NotNull(settings.MasterKeyHash);
    }

    [Theory]
    [InlineData("gateway_settings: {audit: {folder: /elsewhere}}", "gateway_settings.audit.folder")]
    [InlineData("general_settings: {disable_spend_logs: true}", "general_settings.disable_spend_logs (or gateway_settings.ledger.enabled)")]
    [InlineData("general_settings: {database_url: \"postgresql://u:p@db/x\"}", "general_settings.database_url")]
    [InlineData("gateway_settings: {ledger: {batch: 7}}", "gateway_settings.ledger")]
    [InlineData("gateway_settings: {telemetry: {request_log: false}}", "gateway_settings.telemetry")]
    [InlineData("gateway_settings: {telemetry: {capture_messages: true}}", "gateway_settings.telemetry")]
    [InlineData("environment_variables: {OTEL_EXPORTER_OTLP_ENDPOINT: \"http://c:4317\"}", "environment_variables (OpenTelemetry's)")]
    [InlineData("litellm_settings: {failure_callback: [sentry]}\nenvironment_variables: {SENTRY_DSN: \"https://k@sentry.example/1\"}", "litellm_settings.callbacks (success_callback, failure_callback, or their variables)")]
    public void WhatNeedsARestart_IsCalledByTheNameThatTheFileHas(string text, string key) => Assert.Equal([key], _live.TakeText(Two + text).NeedRestart);

    [Theory]
    [InlineData("litellm_settings: {require_auth_for_metrics_endpoint: true}")]
    [InlineData("general_settings: {require_auth_for_metrics_endpoint: true}")]
    public void WhoMaySeeTheMetrics_IsChangedAtOnce(string text)
    {
        Assert.Empty(_live.TakeText(Two + text + "\n").NeedRestart);
        Assert.True(_live.Current.Settings.Telemetry.MetricsNeedKey);
    }

    [Theory]
    [InlineData("gateway_settings: {audit: {files: 3}}")]
    [InlineData("litellm_settings: {forward_traceparent_to_llm_provider: false}")]
    public void WhatIsLookedUpForEachRequest_NeedsNoRestart(string text) => Assert.Empty(_live.TakeText(Two + text).NeedRestart);

    [Theory]
    [InlineData("")]
    [InlineData("general_settings:\n")]
    [InlineData("general_setings: {master_key: sk-1}\n")]
    public void AFileThatHasLostItsMasterKey_IsRefused_AndTheGatewayStaysShut(string rest)
    {
        var live = new LiveCatalog(One + "general_settings: {master_key: sk-1}\n", _ => null);
        Assert.Contains(live.TakeText(Two + rest).Report.Findings, f => f is { Kind: FindingKind.Error, Path: "general_settings.master_key" });
        Assert.NotNull(live.Current.Settings.MasterKeyHash);
        Assert.Null(live.Current.FindGroup("b"));
    }

    [Fact]
    public void AMasterKeyThatIsAnotherOne_OrComesFromTheEnvironmentNow_IsNotLost()
    {
        var live = new LiveCatalog(One + "general_settings: {master_key: sk-1}\n", name => name is "LITELLM_MASTER_KEY" ? "sk-2" : null);
        var before = live.Current.Settings.MasterKeyHash;
        Assert.False(live.TakeText(One + "general_settings: {master_key: sk-3}\n").Report.HasErrors);
        Assert.False(live.TakeText(One).Report.HasErrors);
        Assert.NotEqual(before, live.Current.Settings.MasterKeyHash);
    }

    [Theory]
    [InlineData("router_settings: {num_retries: 1}\n")]
    [InlineData("model_list:\n")]
    [InlineData("model_lst: [{model_name: a, litellm_params: {model: ollama/x}}]\n")]
    public void AFileThatHasLostItsModels_IsRefused_AlsoBesideOnesThatAdministratorsAdded(string text)
    {
        Assert.Empty(_live.TakeOverlay(new CatalogOverlay { Version = 1, Models = [new("new", """{"model_name":"c","litellm_params":{"model":"ollama/z"},"model_info":{"id":"new"}}""")] }).Problems);
        Assert.Contains(_live.TakeText(text).Report.Findings, f => f is { Kind: FindingKind.Error, Path: "model_list" });
        Assert.NotNull(_live.Current.FindGroup("a"));
    }

    [Fact]
    public void AFileThatSaysThatItHasNoModels_IsInForce()
    {
        Assert.False(_live.TakeText("model_list: []\n").Report.HasErrors);
        Assert.Empty(_live.Current.Groups);
    }
}
