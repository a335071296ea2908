using System.Text.Json;

namespace OrleansLlm.Providers.Bedrock;

/// <summary><c>additionalModelRequestFields</c>: what only the model knows, in its maker's words.</summary>
internal sealed class ConverseModelFields(UpstreamRequest request, BedrockModel model)
{
    private const string Name = "additionalModelRequestFields";
    private const string Betas = "anthropic_beta";

    private readonly Dictionary<string, Action<Utf8JsonWriter>> _fields = new(StringComparer.Ordinal);

    public void Add(string name, Action<Utf8JsonWriter> value) => _fields[name] = value;

    /// <summary>What the client says in the model's own words wins over what is made of OpenAI's.</summary>
    public void Write(Utf8JsonWriter json, RequestFields fields)
    {
        if (model.IsClaude) AddBetas(fields.Take(Betas));
        foreach (var name in request.Parameters.Allowed.Where(OpenAiParameters.All.Contains))
        {
            if (fields.Take(name) is { ValueKind: not JsonValueKind.Undefined } value) Add(name, value.WriteTo);
        }

        var own = fields.Take(Name, JsonValueKind.Object, "an object");
        if (own.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in own.EnumerateObject()) Add(member.Name, member.Value.WriteTo);
        }

        if (_fields.Count == 0) return;
        json.WriteStartObject(Name);
        foreach (var (name, value) in _fields)
        {
            json.WritePropertyName(name);
            value(json);
        }

        json.WriteEndObject();
    }

    /// <summary>What Claude is to try out: a header of Anthropic's, and a list here. That of a client is for Anthropic alone, and much of it would be refused.</summary>
    private void AddBetas(JsonElement given)
    {
        var configured = request.Headers.FirstOrDefault(header => header.Key.Equals("anthropic-beta", StringComparison.OrdinalIgnoreCase)).Value;
        if (given.ValueKind == JsonValueKind.Array) Add(Betas, given.WriteTo);
        else if (configured is not null) Add(Betas, json =>
        {
            json.WriteStartArray();
            foreach (var flag in configured.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) json.WriteStringValue(flag);
            json.WriteEndArray();
        });
    }
}
