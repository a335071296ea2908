using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Silo.Configuration;

/// <summary>One value of the configuration file and the line it stands on.</summary>
internal abstract record ConfigNode(int Line)
{
    /// <summary>The value with the types YAML gives it, for parameters that are passed on as JSON.</summary>
    public abstract JsonNode? ToJson();

    /// <summary>How an error message calls it.</summary>
    public abstract string Describe();

    /// <summary>A canonical text of the value as written, environment references unresolved: the same settings give the same text.</summary>
    public string ToRawText() => this switch
    {
        ConfigMap map => "{" + string.Join(",", map.Entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}:{e.Value.ToRawText()}")) + "}",
        ConfigList list => "[" + string.Join(",", list.Items.Select(i => i.ToRawText())) + "]",
        ConfigScalar scalar => JsonValue.Create(scalar.Raw).ToJsonString(),
        _ => "",
    };

    /// <summary>The value as written, environment references unresolved, with the types YAML gives it.</summary>
    public JsonNode? ToSourceJson() => this switch
    {
        ConfigMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key, e.Value.ToSourceJson()))),
        ConfigList list => new JsonArray([.. list.Items.Select(i => i.ToSourceJson())]),
        ConfigScalar scalar when scalar.Text != scalar.Raw && !(scalar.Text is null && ConfigScalar.IsNull(scalar.Raw)) => JsonValue.Create(scalar.Raw),
        _ => ToJson(),
    };

    public JsonElement ToJsonElement() => JsonElement.Parse(ToJson()?.ToJsonString() ?? "null");
}

internal sealed record ConfigMap(int Line, ImmutableArray<ConfigEntry> Entries) : ConfigNode(Line)
{
    public static ConfigMap Empty { get; } = new(1, []);

    public ConfigNode? Find(string key)
    {
        foreach (var entry in Entries)
        {
            if (entry.Key == key) return entry.Value;
        }

        return null;
    }

    public override JsonNode ToJson()
    {
        var json = new JsonObject();
        foreach (var entry in Entries) json[entry.Key] = entry.Value.ToJson();
        return json;
    }

    /// <summary>With another value for a key, or with the key as its last.</summary>
    public ConfigMap With(string key, ConfigNode value)
    {
        var entry = new ConfigEntry(key, value.Line, value);
        var at = Entries.ToList().FindIndex(e => e.Key == key);
        return this with { Entries = at < 0 ? Entries.Add(entry) : Entries.SetItem(at, Entries[at] with { Value = value }) };
    }

    public override string Describe() => "a mapping";
}

internal sealed record ConfigEntry(string Key, int Line, ConfigNode Value);

internal sealed record ConfigList(int Line, ImmutableArray<ConfigNode> Items) : ConfigNode(Line)
{
    public override JsonNode ToJson() => new JsonArray([.. Items.Select(i => i.ToJson())]);

    public override string Describe() => "a list";
}

/// <param name="Text">The value after environment references were replaced; null for YAML's null and for a variable that is not set.</param>
/// <param name="Plain">Written without quotes, so that <c>true</c> and <c>12</c> are not text.</param>
/// <param name="Raw">The value as it stands in the file; what may be shown and hashed where the resolved one is secret.</param>
internal sealed record ConfigScalar(int Line, string? Text, bool Plain, string Raw) : ConfigNode(Line)
{
    private static readonly string[] Nulls = ["", "~", "null", "Null", "NULL"];

    public static bool IsNull(string text) => Nulls.Contains(text, StringComparer.Ordinal);

    /// <summary>YAML 1.1's words for true and false, as LiteLLM's loader reads them.</summary>
    public bool? AsBool() => Text?.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "ON" => true,
        "FALSE" or "NO" or "OFF" => false,
        _ => null,
    };

    public double? AsNumber() =>
        double.TryParse(Digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>YAML 1.1 writes <c>1_000</c> for a thousand.</summary>
    private string? Digits => Plain && Text is { Length: > 0 } && char.IsAsciiDigit(Text[0]) ? Text.Replace("_", "", StringComparison.Ordinal) : Text;

    public override JsonNode? ToJson()
    {
        if (Text is null) return null;
        if (!Plain) return JsonValue.Create(Text);
        if (AsBool() is { } truth) return JsonValue.Create(truth);
        if (long.TryParse(Digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return JsonValue.Create(whole);
        return AsNumber() is { } number ? JsonValue.Create(number) : JsonValue.Create(Text);
    }

    public override string Describe() => Text is null ? "nothing" : $"'{(Raw.Length > 60 ? Raw[..60] + "…" : Raw)}'";
}
