using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>gateway.example.yaml is documentation that is checked: it loads, and it shows every key that is read.</summary>
public class ExampleTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "gateway.example.yaml"));

    /// <summary>Any is set but this one, which no text will do for.</summary>
    private static string? Variable(string name) => name == "SSL_VERIFY" ? null : "set";

    [Fact]
    public void Example_LoadsWithoutErrorsAndWithoutKeysThatMeanNothing()
    {
        var (catalog, report) = ConfigLoader.Load(Text, Variable);
        Assert.Empty(report.Findings.Where(f => f.Kind is FindingKind.Error or FindingKind.Ignored or FindingKind.LeftOut).Select(f => $"{f.Path}: {f.Text}"));
        Assert.NotEmpty(catalog.Groups);
    }

    [Fact]
    public void Example_ShowsEveryKeyThatIsRead()
    {
        // The loader is asked twice: with everything on, keys inside optional parts are looked for as well.
        var (_, report) = ConfigLoader.Load(Text, Variable);
        var shown = report.Findings.Select(f => System.Text.RegularExpressions.Regex.Replace(f.Path, @"\[\d+\]", "[]"))
            .Select(p => p.StartsWith("gateway_settings.backends.", StringComparison.Ordinal) && p.Contains("://", StringComparison.Ordinal)
                ? "gateway_settings.backends.*." + p[(p.LastIndexOf('.') + 1)..] : p)
            .Select(p => System.Text.RegularExpressions.Regex.Replace(p, @"^(gateway_settings\.limits\.(?:users|teams|models))\.[^.]+\.", "$1.*."))
            .Select(p => System.Text.RegularExpressions.Regex.Replace(p, @"^gateway_settings\.queue\.users\.[^.]+\.", "gateway_settings.queue.users.*."))
            .Select(p => System.Text.RegularExpressions.Regex.Replace(p, @"^router_settings\.provider_budget_config\.[^.]+\.", "router_settings.provider_budget_config.*."))
            .Select(p => p.Replace("gateway_settings.models.llama.", "gateway_settings.models.*.", StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);
        // Other files are no part of this one.
        string[] sections = ["include", "router_settings", "litellm_settings", "general_settings", "gateway_settings", "gateway_settings.cluster", "environment_variables", "model_list[].litellm_params", "model_list[].model_info"];
        // Other names for a key that the example shows under its first name.
        string[] synonyms = ["models", "model_list[].litellm_params.base_url", "model_list[].litellm_params.stream", "router_settings.request_timeout", "router_settings.fallback_model", "router_settings.fallback_models",
            "general_settings.completion_model", "general_settings.cache", "general_settings.cache_params"];
        var missing = report.Known.Where(k => !shown.Contains(k) && !sections.Contains(k) && !synonyms.Contains(k)
            && !k.StartsWith("litellm_settings.", StringComparison.Ordinal) && !k.StartsWith("models[]", StringComparison.Ordinal));
        Assert.Empty(missing);
    }
}
