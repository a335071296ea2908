namespace OrleansLlm.Silo.Configuration;

/// <summary>
/// LiteLLM's <c>model_name: "*"</c> with <c>model: "*"</c>: whatever provider a request names, with the key that the environment has for it. Here a deployment
/// has one provider, so that it is read as one for each whose key or address is known, and as one for each name that LiteLLM knows the provider of.
/// </summary>
internal static class EveryProvider
{
    private const string Everything = "*";

    public static bool IsMeant(string group, ConfigMap parameters) =>
        group == Everything && parameters.Find("model") is ConfigScalar { Text: Everything }
        && parameters.Find("api_base") is null && parameters.Find("base_url") is null && parameters.Find("custom_llm_provider") is null;

    /// <summary>Public name and <c>litellm_params.model</c> of each.</summary>
    public static IEnumerable<(string Group, string Model)> Of(Func<string, string?> variable)
    {
        foreach (var provider in ProviderTable.AllPrefixes.Select(p => ProviderTable.Find(p)!))
        {
            if (!provider.KeyVariables.Concat(provider.BaseVariables).Any(name => !string.IsNullOrEmpty(variable(name)))) continue;
            yield return ($"{provider.Prefix}/*", $"{provider.Prefix}/*");
            foreach (var begin in ProviderTable.NamesOf(provider.Prefix)) yield return (begin + "*", $"{provider.Prefix}/{begin}*");
        }
    }
}
