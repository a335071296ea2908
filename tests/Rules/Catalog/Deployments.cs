using OrleansLlm.Catalog;

namespace OrleansLlm.Tests.Rules.Catalog;

/// <summary>Deployments of one group and one backend, for rules that look at little of them.</summary>
internal static class Deployments
{
    public static Deployment Of(string id, double? rpm = null, double? tpm = null, double? weight = null) => new()
    {
        Id = id,
        Group = "g",
        ConfiguredModel = "ollama/m",
        Provider = "ollama",
        Model = "m",
        ApiBase = new Uri("http://a"),
        Backend = "http://a",
        RequestsPerMinute = rpm,
        TokensPerMinute = tpm,
        Weight = weight,
    };
}
