using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary>From the text of a configuration file to a catalog and a report. Never throws on what the file says.</summary>
internal static class ConfigLoader
{
    public const string NothingServed = "no model can be served: every request will be refused";

    private const string MasterKeyVariable = "LITELLM_MASTER_KEY";

    /// <param name="text">YAML, LiteLLM's configuration with or without <c>gateway_settings</c>; with what it includes, a <see cref="WholeText"/>.</param>
    /// <param name="variable">Looks an environment variable up; null when it is not set.</param>
    /// <returns>A catalog, also after errors (of what could be read); whether it may be used says the report.</returns>
    public static (GatewayCatalog Catalog, ConfigReport Report) Load(string text, Func<string, string?> variable)
    {
        var report = new ConfigReport();
        try
        {
            return YamlReader.Read(text, new EnvironmentReferences(variable), report) is { } map ? (Load(map, variable, report), report) : (GatewayCatalog.Empty, report);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return (GatewayCatalog.Empty, Broken(e));
        }
    }

    /// <summary>A reader has met something that it does not know how to refuse. What is in force stays, and nobody is left with a stack trace.</summary>
    public static ConfigReport Broken(Exception e)
    {
        var report = new ConfigReport();
        // Its message may repeat what the file says, a key among it.
        report.Error("(file)", 1, $"cannot be read, which is a fault of this program ({e.GetType().Name}): what was changed last has it");
        return report;
    }

    public static GatewayCatalog Load(ConfigMap map, Func<string, string?> variable, ConfigReport report)
    {
        var root = new ConfigSection(map, "", report);
        var own = ReadVariables(root);
        // LiteLLM writes the file's variables over those of the process.
        string? Variable(string name) => own.GetValueOrDefault(name) ?? variable(name);
        var entries = ModelListReader.Read(root, Variable);
        var router = new RouterDraft();
        var logs = new LogSettings(null, null);
        var limits = new LiteLlmLimits(null);
        CacheDraft? cache = null;
        var callbacks = CallbackDraft.None;
        if (root.Map("litellm_settings") is { } litellm)
        {
            (router, logs, limits, cache, callbacks) = LiteLlmSettingsReader.Read(new ConfigSection(litellm, "litellm_settings", report), router);
        }

        router = router with { Trust = TrustReader.FromEnvironment(Variable, report) ?? router.Trust };
        if (root.Map("router_settings") is { } routing) router = RouterSettingsReader.Read(new ConfigSection(routing, "router_settings", report), router);
        var general = GeneralDraft.None with { Logs = logs };
        if (root.Map("general_settings") is { } settings) general = GeneralSettingsReader.Read(new ConfigSection(settings, "general_settings", report), logs);
        general = general with { MasterKey = general.MasterKey ?? Variable(MasterKeyVariable), SaltKey = Variable("LITELLM_SALT_KEY"), Limits = limits, Cache = cache ?? general.Cache };
        var ours = root.Map("gateway_settings");
        var gateway = GatewaySettingsReader.Read(new ConfigSection(ours ?? ConfigMap.Empty, "gateway_settings", report), Variable, general.LedgerRetention);
        root.Take(Includes.Key);
        root.NotEnforced("guardrails", LiteLlmSettingsReader.NoGuardrails);
        root.Ignore("mcp_servers", "no MCP servers");
        root.Ignore("callback_settings", "not honoured: see gateway_settings.telemetry");
        root.Finish();
        var environmentModel = Variable("MODEL");
        var telemetry = TelemetryReader.Complete(gateway.Telemetry, callbacks, general.MetricsNeedKey, Variable, report);
        var catalog = new CatalogBuilder(report, router, general, gateway, telemetry).Build(entries, string.IsNullOrWhiteSpace(environmentModel) ? null : environmentModel);
        Habits.Tell(general, gateway, callbacks, catalog.Settings.MasterKeyHash is not null, Variable, report);
        foreach (var (alias, _, _, path, line) in router.Aliases.Where(a => catalog.Routing.ModelGroupAlias.ContainsKey(a.Alias) && catalog.FindGroup(a.Alias) is null))
        {
            report.Warning(path, line, $"'{alias}' leads back to itself or to no model: every request for it is refused");
        }

        if (catalog.Groups.IsEmpty && !report.HasErrors) report.Warning("model_list", 1, NothingServed);
        return catalog;
    }

    /// <summary><c>environment_variables</c>: as if the process had them, but for references in this file, which LiteLLM resolves before it.</summary>
    private static Dictionary<string, string> ReadVariables(ConfigSection root)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (root.Map("environment_variables") is not { } map) return values;
        foreach (var entry in map.Entries)
        {
            if (entry is { Key: MasterKeyVariable, Value: ConfigScalar { Text: null or "" } })
            {
                root.Report.Error($"environment_variables.{entry.Key}", entry.Line, "is set but empty: the gateway would be open to everyone; give it a value or remove the key");
            }
            else if (entry.Value is ConfigScalar scalar)
            {
                root.Report.Honoured($"environment_variables.{entry.Key}", entry.Line, "in place of the process's variable; os.environ/ in this file does not see it");
                if (scalar.Text is not null) values[entry.Key] = scalar.Text;
            }
            else
            {
                root.Report.Error($"environment_variables.{entry.Key}", entry.Line, $"expected text, found {entry.Value.Describe()}");
            }
        }

        return values;
    }
}
