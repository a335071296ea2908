using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>One tool call whose arguments come in pieces.</summary>
internal sealed class GatheredToolCall
{
    private readonly GatheredFields _others = new(), _functionOthers = new();
    private readonly StringBuilder _name = new(), _arguments = new();
    private string? _id, _type;
    private bool _hasFunction;

    public void Add(JsonElement call)
    {
        foreach (var member in call.EnumerateObject())
        {
            switch (member.Name)
            {
                // A whole message of Claude's has its calls as they came besides.
                case "index" or ChatMessage.OwnCall:
                    break;
                case "id":
                    if (member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is { Length: > 0 } id) _id ??= id;
                    break;
                case "type":
                    if (member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is { Length: > 0 } type) _type ??= type;
                    break;
                case "function" when member.Value.ValueKind == JsonValueKind.Object:
                    _hasFunction = true;
                    foreach (var part in member.Value.EnumerateObject()) AddPart(part);
                    break;
                default:
                    _others.Add(member.Name, member.Value);
                    break;
            }
        }
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", _id ?? "");
        json.WriteString("type", _type ?? "function");
        if (_hasFunction || !_others.Has("custom"))
        {
            json.WriteStartObject("function");
            json.WriteString("name", _name.ToString());
            json.WriteString("arguments", _arguments.ToString());
            _functionOthers.WriteAll(json);
            json.WriteEndObject();
        }

        _others.WriteAll(json);
        json.WriteEndObject();
    }

    private void AddPart(JsonProperty part)
    {
        if (part.Value.ValueKind == JsonValueKind.Null) return;
        if (part.Name == "name" && part.Value.ValueKind == JsonValueKind.String) AddName(part.Value);
        else if (part.Name == "arguments" && part.Value.ValueKind == JsonValueKind.String) JsonText.AppendText(_arguments, part.Value);
        else if (part.Name == "arguments" && part.Value.ValueKind == JsonValueKind.Object) _arguments.Append(part.Value.GetRawText());
        else _functionOthers.Add(part.Name, part.Value);
    }

    /// <summary>Some services tell it piece by piece, others whole with every piece.</summary>
    private void AddName(JsonElement value)
    {
        var piece = new StringBuilder();
        JsonText.AppendText(piece, value);
        if (!piece.Equals(_name)) _name.Append(piece);
    }
}
