using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// Fields whose pieces add up by their type: texts and arrays are joined, objects merged by the same rule, of names and
/// anything else the last one holds.
/// </summary>
internal sealed class GatheredFields
{
    /// <summary>Texts that name something: repeated, not continued.</summary>
    private static readonly HashSet<string> Names = ["id", "type", "object", "format", "name", "model", "role"];

    private readonly Dictionary<string, Field> _fields = [];

    public bool Has(string name) => _fields.ContainsKey(name);

    public void Add(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null) return;
        var goesOn = _fields.TryGetValue(name, out var field) && field.Kind == value.ValueKind && !Names.Contains(name);
        if (!goesOn || field is null) _fields[name] = field = new Field(value.ValueKind);
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                JsonText.AppendText(field.Text ??= new StringBuilder(), value);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) (field.Items ??= []).Add(JsonMarshal.GetRawUtf8Value(item).ToArray());
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject()) (field.Members ??= new GatheredFields()).Add(member.Name, member.Value);
                break;
            default:
                field.Raw = JsonMarshal.GetRawUtf8Value(value).ToArray();
                break;
        }
    }

    public void Replace(string name, JsonElement value)
    {
        _fields.Remove(name);
        Add(name, value);
    }

    /// <summary>Writes one field, null if there is none.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        if (_fields.TryGetValue(name, out var field))
        {
            json.WritePropertyName(name);
            field.WriteTo(json);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public void WriteAll(Utf8JsonWriter json, params ReadOnlySpan<string> except)
    {
        foreach (var (name, field) in _fields)
        {
            if (except.Contains(name)) continue;
            json.WritePropertyName(name);
            field.WriteTo(json);
        }
    }

    private sealed class Field(JsonValueKind kind)
    {
        public JsonValueKind Kind => kind;

        public StringBuilder? Text { get; set; }

        public List<byte[]>? Items { get; set; }

        public GatheredFields? Members { get; set; }

        public byte[]? Raw { get; set; }

        public void WriteTo(Utf8JsonWriter json)
        {
            switch (kind)
            {
                case JsonValueKind.String:
                    json.WriteStringValue(Text?.ToString() ?? "");
                    break;
                case JsonValueKind.Array:
                    json.WriteStartArray();
                    foreach (var item in Items ?? []) json.WriteRawValue(item, skipInputValidation: true);
                    json.WriteEndArray();
                    break;
                case JsonValueKind.Object:
                    json.WriteStartObject();
                    Members?.WriteAll(json);
                    json.WriteEndObject();
                    break;
                default:
                    json.WriteRawValue(Raw, skipInputValidation: true);
                    break;
            }
        }
    }
}
