using OrleansLlm.Providers;

namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// Models of Azure AI Foundry. LiteLLM asks those of OpenAI's as <c>azure</c> does, whatever stands before their names, since they are refused much of what the others take; here only at an address
/// that has Azure's doors for them.
/// </summary>
internal static class FoundryModels
{
    /// <summary>LiteLLM's word before a deployment that chooses among models itself.</summary>
    private const string Router = "model_router/";

    public static (ProviderEntry, string) Read(ConfigSection p, ProviderEntry provider, string model, string? apiBase, ConfigMap? info, Func<string, string?> variable)
    {
        if (model.Length > Router.Length && model.StartsWith(Router, StringComparison.Ordinal))
        {
            model = model[Router.Length..];
            p.Report.Translated(p.PathOf("model"), p.Line, $"{provider.Prefix}/{model}");
        }

        var address = apiBase ?? provider.BaseVariables.Select(variable).FirstOrDefault(text => !string.IsNullOrEmpty(text));
        var name = (info?.Find("base_model") as ConfigScalar)?.Text is { Length: > 0 } named ? named[(named.IndexOf('/', StringComparison.Ordinal) + 1)..] : model;
        if (!IsOpenAis(name) || !Addresses.TryParse(address, out var at) || !HasAzuresDoors(at)) return (provider, model);
        p.Report.Translated(p.PathOf("model"), p.Line, $"azure/{model}, as OpenAI's models are asked");
        return (provider with { Dialect = "azure" }, model);
    }

    private static bool IsOpenAis(string model) =>
        ProviderTable.Infer(model) is { Prefix: "openai" } && !model.StartsWith("gpt-oss", StringComparison.OrdinalIgnoreCase);

    private static bool HasAzuresDoors(Uri address) =>
        UpstreamProviders.IsAzureResource(address) && address.AbsolutePath.TrimEnd('/') is "" or "/openai" or "/openai/v1";
}
