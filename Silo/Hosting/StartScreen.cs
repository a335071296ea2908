using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OrleansLlm.Catalog;
using OrleansLlm.Ledger;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Discovery;

namespace OrleansLlm.Silo.Hosting;

/// <summary>The one screen that a start prints: where it is, what it serves, what to try.</summary>
internal static class StartScreen
{
    private const int MostModels = 12;

    /// <summary>In one piece: no line of the log comes between its own.</summary>
    public static void Print(TextWriter output, WebApplication app, GatewayOptions options, Configured configured, SimulatedBackends simulated, TimeSpan took)
    {
        using var screen = new StringWriter();
        Compose(screen, app, options, configured, simulated, took);
        output.Write(screen.ToString());
    }

    private static void Compose(TextWriter output, WebApplication app, GatewayOptions options, Configured configured, SimulatedBackends simulated, TimeSpan took)
    {
        var address = AddressOf(app, options);
        var version = typeof(StartScreen).Assembly.GetName().Version?.ToString(3);
        var (live, source) = configured;
        var (catalog, report) = (live.Current, live.StartReport);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"OrleansLlm {version}, ready in {took.TotalSeconds:F2} s"));
        output.WriteLine();
        output.WriteLine($"  Address  {address}");
        // A silo has no routes but those of its health: clients go to a node that has a front end.
        var hasFrontEnd = options.Role != NodeRole.Silo;
        if (hasFrontEnd) output.WriteLine($"  Chat     {address}/v1/chat/completions");
        if (hasFrontEnd) output.WriteLine($"  Pages    {address}/ui");
        else output.WriteLine($"  Health   {address}/health/readiness");
        output.WriteLine($"  Config   {source}{Notes(report, source)}");
        output.WriteLine($"  Engine   {Engine.Name}{(Engine.HasOtherNodes ? "" : " (one process)")}{(options.Role == NodeRole.All ? "" : $", role {options.Role.ToString().ToLowerInvariant()}")}");
        output.WriteLine($"  State    {Engine.DescribeState(options, catalog.Settings)}");
        output.WriteLine($"  Ledger   {LedgerServices.Describe(app.Services, catalog.Settings.Ledger)}");
        if (catalog.Settings.Cache is { Enabled: true } cache) output.WriteLine($"  Cache    {DescribeCache(cache)}");
        output.WriteLine($"  Access   {(catalog.Settings.MasterKeyHash is null ? "OPEN: no master_key is set, anyone who reaches this address may use it" : "with the master key, or a virtual key that it has made")}");
        if (catalog.Settings.Telemetry.CaptureMessages) output.WriteLine("  Prompts  are told to callbacks and spans, and so are answers (capture_messages)");
        if (options.WithoutEffect.Count > 0) output.WriteLine($"  Flags    without effect: {string.Join(", ", options.WithoutEffect)}");
        output.WriteLine();
        output.WriteLine("  Models");
        foreach (var deployment in catalog.Groups.SelectMany(g => g.Deployments).Take(MostModels))
        {
            var backend = catalog.Backends[deployment.Backend];
            var slots = backend.Slots == 1 ? "1 slot" : $"{backend.Slots} slots";
            var fake = simulated.Contains(deployment.ApiBase) ? "  SIMULATED" : "";
            output.WriteLine($"    {deployment.Group,-24} {deployment.ConfiguredModel} at {Addresses.Normalise(deployment.ApiBase)}, {slots}{fake}");
        }

        var more = catalog.Groups.Sum(g => g.Deployments.Length) - MostModels;
        if (more > 0) output.WriteLine($"    and {more} more{(hasFrontEnd ? $": {address}/v1/models" : "")}");
        foreach (var left in report.Findings.Where(f => f.Kind == FindingKind.LeftOut).Take(MostModels))
        {
            output.WriteLine($"    LEFT OUT, line {left.Line}: {left.Place}: {left.Text}");
        }

        foreach (var open in TrustReader.Unchecked(report).Take(MostModels))
        {
            output.WriteLine($"    UNCHECKED{(open.Line > 0 ? $", line {open.Line}" : "")}: {open.Place}: {open.Text}");
        }

        var warnings = StartWarnings.Of(report);
        foreach (var warning in warnings.Take(MostModels))
        {
            output.WriteLine($"    WARNING{(warning.Line > 0 ? $", line {warning.Line}" : "")}: {warning.Place}: {warning.Text}");
        }

        if (warnings.Count > MostModels) output.WriteLine($"    and {warnings.Count - MostModels} more warnings: `validate {source}` lists them");
        if (catalog.Groups.IsEmpty) output.WriteLine("    none: every request will be refused");
        output.WriteLine();
        if (!hasFrontEnd || catalog.Groups.FirstOrDefault(g => !g.IsWildcard) is not { } first) return;
        output.WriteLine("  Try");
        var key = catalog.Settings.MasterKeyHash is null ? "" : " -H \"Authorization: Bearer $LITELLM_MASTER_KEY\"";
        output.WriteLine($"    curl {address}/v1/chat/completions{key} -H \"Content-Type: application/json\" \\");
        output.WriteLine($"      -d '{{\"model\":\"{first.Name}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'");
        output.WriteLine();
    }

    private static string DescribeCache(CacheOptions cache)
    {
        var where = cache.Redis is not null ? "in memory and in Redis" : cache.AskedFor == "local" ? "in memory" : $"in the memory of this process, although the configuration asks for {cache.AskedFor}";
        return string.Create(CultureInfo.InvariantCulture, $"answers are kept {cache.Ttl.TotalSeconds} s, {where}");
    }

    private static string Notes(ConfigReport report, string source)
    {
        var notes = report.Findings.Count(f => f.Kind is FindingKind.Ignored or FindingKind.Warning or FindingKind.Translated);
        return notes == 0 ? "" : $" ({notes} notes: `validate {source}` lists them)";
    }

    public static string AddressOf(WebApplication app, GatewayOptions options)
    {
        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        var port = bound is not null ? new Uri(bound.Replace("[::]", "localhost", StringComparison.Ordinal)).Port : options.Port;
        return AddressOf(options.Host, port);
    }

    public static string AddressOf(string host, int port)
    {
        if (host is "*" or "+" or "0.0.0.0" or "::") host = "localhost";
        else if (IPAddress.TryParse(host, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6) host = $"[{ip}]";
        return $"http://{host}:{port}";
    }
}
