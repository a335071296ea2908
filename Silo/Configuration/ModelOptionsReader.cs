using System.Collections.Immutable;
using OrleansLlm.Catalog;

namespace OrleansLlm.Silo.Configuration;

/// <summary><c>gateway_settings.models</c>.</summary>
internal static class ModelOptionsReader
{
    public static ImmutableDictionary<string, ModelOptions> Read(ConfigSection s)
    {
        if (s.Map("models") is not { } map) return ImmutableDictionary<string, ModelOptions>.Empty;
        var path = s.PathOf("models");
        s.Report.Honoured(path, map.Line);
        var models = ImmutableDictionary.CreateBuilder<string, ModelOptions>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            var modelPath = $"{path}.{entry.Key}";
            if (entry.Value is not ConfigMap options)
            {
                s.Report.Error(modelPath, entry.Line, $"expected a mapping like {{hedge: true}}, found {entry.Value.Describe()}");
                continue;
            }

            var section = new ConfigSection(options, modelPath, s.Report, knownAs: path + ".*");
            models[entry.Key] = new ModelOptions
            {
                Hedge = section.Bool("hedge") ?? false,
                HedgeAfter = section.Seconds("hedge_after"),
                ContinueOnFailure = section.Bool("continue_on_failure") ?? false,
            };
            section.Finish();
        }

        return models.ToImmutable();
    }
}
