using System.Text.Json;

namespace OrleansLlm.Silo.Configuration.Overlay;

/// <summary>JSON to <see cref="ConfigNode"/>s, as <see cref="YamlReader"/> does it with the file. Line 0: it stands in no file.</summary>
internal static class JsonConfig
{
    public static ConfigNode Read(JsonElement json, string path, EnvironmentReferences environment, ConfigReport report) => json.ValueKind switch
    {
        JsonValueKind.Object => new ConfigMap(
            0, [.. json.EnumerateObject().Select(p => new ConfigEntry(p.Name, 0, Read(p.Value, ConfigReport.Join(path, p.Name), environment, report)))]),
        JsonValueKind.Array => new ConfigList(0, [.. json.EnumerateArray().Select((item, i) => Read(item, $"{path}[{i}]", environment, report))]),
        JsonValueKind.String => environment.Resolve(json.GetString()!, plain: false, path, 0, report),
        JsonValueKind.Null or JsonValueKind.Undefined => new ConfigScalar(0, null, true, "null"),
        _ => new ConfigScalar(0, json.GetRawText(), true, json.GetRawText()),
    };
}
