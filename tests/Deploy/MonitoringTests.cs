using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Inference;
using OrleansLlm.Ledger;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;
using YamlDotNet.RepresentationModel;

namespace OrleansLlm.Tests.Deploy;

/// <summary>The dashboard and the alerts ask for metrics that a running gateway has, by labels that they have.</summary>
public sealed partial class MonitoringTests : IAsyncLifetime
{
    /// <summary>Of Prometheus and of the blackbox exporter.</summary>
    private static readonly string[] Others = ["probe_success", "up"];

    private static readonly string[] Words = ["by", "le", "and", "or", "unless", "without", "on", "ignoring"];

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-monitoring-").FullName;
    private WebApplication _app = null!;
    private HashSet<string> _exposed = null!;

    [Fact]
    public void TheDashboard_AsksForNothingThatIsNotThere()
    {
        using var dashboard = JsonDocument.Parse(Checkout.Read("deploy/grafana/orleansllm.json"));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        var expressions = panels.SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!).ToList();
        Assert.True(expressions.Count > 20, "the expressions were found");
        AssertKnown(expressions);
        // Two panels in one place hide each other.
        var places = panels.Select(p => p.GetProperty("gridPos")).Select(g => (g.GetProperty("x").GetInt32(), g.GetProperty("y").GetInt32())).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.Equal(panels.Count, panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
    }

    [Fact]
    public void TheAlerts_WatchNothingThatIsNotThere()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Checkout.Read("deploy/alerts.yml")));
        var rules = yaml.Documents[0].AllNodes.OfType<YamlMappingNode>().Where(m => m.Children.ContainsKey("expr")).ToList();
        Assert.True(rules.Count > 8, "the rules were found");
        AssertKnown(rules.Select(r => ((YamlScalarNode)r["expr"]).Value!));
        Assert.All(rules, r => Assert.True(r.Children.ContainsKey("alert") && r.Children.ContainsKey("annotations")));
    }

    /// <summary>What /metrics has shown is told in deploy/alerts.test.yml, and who must be woken by it.</summary>
    [Fact]
    public async Task TheAlerts_WakeWhoMustBeWoken_AndNobodyElse()
    {
        var tool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(tool is null, "there is no promtool on the path");
        using var run = Process.Start(new ProcessStartInfo(tool, ["test", "rules", "alerts.test.yml"])
        {
            WorkingDirectory = Checkout.PathOf("deploy"), RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (told, failed) = (run.StandardOutput.ReadToEndAsync(), run.StandardError.ReadToEndAsync());
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, await told + await failed);
    }

    /// <summary>Whoever is woken finds what it means and what to do first.</summary>
    [Fact]
    public void EachAlert_HasItsRowInTheDocumentation()
    {
        var alerts = Alert().Matches(Checkout.Read("deploy/alerts.yml")).Select(m => m.Groups[1].Value).ToList();
        Assert.True(alerts.Count > 20, "the alerts were found");
        Assert.Equal(alerts, AlertRow().Matches(Checkout.Read("docs/observability.md")).Select(m => m.Groups[1].Value));
    }

    [GeneratedRegex("- alert: ([A-Za-z]+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"^\| `([A-Z][A-Za-z]+)` \| [^|]{20,} \| [^|]{20,} \|\r?$", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    /// <summary>Failures that are the client's own are none of the operator's.</summary>
    [Fact]
    public void TheAlertOfFailures_LeavesOutEachThatIsTheClientsOwn()
    {
        var row = new LedgerRow { RequestId = "r", Time = default, UserId = "u", Model = "m", Status = "" };
        var own = Enum.GetValues<FailureKind>().Where(kind => new RequestReport { Row = row, Failure = kind }.IsCallersFault).Select(kind => FailureNames.Of(kind)).ToList();
        Assert.True(own.Count > 5, "they were found");
        var left = LeftOut().Match(Checkout.Read("deploy/alerts.yml")).Groups[1].Value.Split('|');
        Assert.Equal([.. own, LedgerRow.Success, "upstream_refused"], left.ToHashSet());
    }

    [GeneratedRegex(@"orleansllm_requests_total\{status!~""([^""]*)""")]
    private static partial Regex LeftOut();

    [Fact]
    public void ANameThatIsNotThere_WouldBeFound() =>
        Assert.Equal(["orleansllm_nothing", "litellm_bucket"], Names("sum by (litellm_model_name) (rate(orleansllm_nothing{a=\"b_c\"}[5m])) / on (x) litellm_bucket > 1e3").Except(_exposed));

    public async ValueTask InitializeAsync()
    {
        var live = new LiveCatalog("model_list: []\n", name => name is "SILO_PORT" or "GATEWAY_PORT" ? "0" : null);
        _app = GatewayHost.Build(new GatewayOptions { Port = 0, DataFolder = _folder, Variable = _ => null }, live);
        await _app.StartAsync();
        using var http = new HttpClient();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var shown = PrometheusText.Parse(await http.GetStringAsync(new Uri(new Uri(address), "/metrics")));
        _exposed = [.. shown.Types.SelectMany(t => t.Value == "histogram" ? (string[])[t.Key + "_bucket", t.Key + "_sum", t.Key + "_count"] : [t.Key])];
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void AssertKnown(IEnumerable<string> expressions)
    {
        foreach (var expression in expressions)
        {
            var names = Names(expression).ToList();
            Assert.NotEmpty(names);
            Assert.DoesNotContain(names, n => !_exposed.Contains(n) && !Others.Contains(n));
        }
    }

    /// <summary>What is left of PromQL without labels, ranges, functions and words.</summary>
    private static IEnumerable<string> Names(string expression) =>
        Identifier().Matches(Labels().Replace(expression, " ")).Select(m => m.Value).Where(n => !Words.Contains(n));

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|\b(by|on|without|ignoring)\s*\([^)]*\)|""[^""]*""")]
    private static partial Regex Labels();

    [GeneratedRegex(@"(?<![\w.])[A-Za-z_:][\w:]*\b(?!\s*\()")]
    private static partial Regex Identifier();
}
