using System.Collections.Immutable;

namespace OrleansLlm.Silo.Configuration;

/// <summary>LiteLLM's <c>credential_list</c>: addresses and keys by a name, which deployments give as <c>litellm_credential_name</c>.</summary>
internal static class CredentialReader
{
    private const string NameKey = "litellm_credential_name";

    public static ImmutableDictionary<string, ConfigMap> Read(ConfigSection root)
    {
        var credentials = ImmutableDictionary<string, ConfigMap>.Empty;
        if (root.List("credential_list") is not { } list) return credentials;
        for (var i = 0; i < list.Items.Length; i++)
        {
            var path = $"{root.PathOf("credential_list")}[{i}]";
            if (list.Items[i] is not ConfigMap map)
            {
                root.Report.Error(path, list.Items[i].Line, $"expected a mapping with credential_name and credential_values, found {list.Items[i].Describe()}");
                continue;
            }

            var item = new ConfigSection(map, path, root.Report);
            var name = item.String("credential_name");
            var values = item.Map("credential_values");
            item.Ignore("credential_info", "a description");
            item.Finish();
            if (string.IsNullOrEmpty(name)) root.Report.Error(item.PathOf("credential_name"), item.Line, "is missing: the name by which deployments ask for it");
            if (values is null || string.IsNullOrEmpty(name)) continue;
            root.Report.Honoured(item.PathOf("credential_values"), values.Line, "filled in where a deployment names it");
            credentials = credentials.SetItem(name, values);
        }

        if (list.Items.Length > 0) root.Report.Honoured(root.PathOf("credential_list"), list.Line, $"{credentials.Count} entries");
        return credentials;
    }

    /// <summary>Adds what its credential says to a deployment's parameters. What they say themselves wins.</summary>
    /// <returns>Null: there is no such credential, which is reported.</returns>
    public static ConfigMap? Fill(ConfigMap parameters, ImmutableDictionary<string, ConfigMap> credentials, string path, ConfigReport report)
    {
        report.LooksFor(ConfigReport.Join(path, NameKey));
        if (parameters.Find(NameKey) is not ConfigScalar { Text: { Length: > 0 } name } given) return parameters;
        if (!credentials.TryGetValue(name, out var values))
        {
            report.LeftOut(ConfigReport.Join(path, NameKey), given.Line, $"'{name}' is not in credential_list");
            return null;
        }

        report.Honoured(ConfigReport.Join(path, NameKey), given.Line);
        foreach (var entry in values.Entries)
        {
            if (parameters.Find(entry.Key) is null) parameters = parameters.With(entry.Key, entry.Value);
        }

        return parameters with { Entries = parameters.Entries.RemoveAll(e => e.Key == NameKey) };
    }
}
