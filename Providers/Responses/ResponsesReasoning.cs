using System.Text.Json;

namespace OrleansLlm.Providers.Responses;

/// <summary>
/// How the model is asked to think: by <c>reasoning_effort</c>, or by this API's own <c>reasoning</c>, which wins. What it has thought is told only if one of them asks for a
/// <c>summary</c>: some organizations may not.
/// </summary>
internal static class ResponsesReasoning
{
    /// <summary>What a client of the gateway's own door for responses has asked for. It is the gateway's word, and no field that goes on as it is.</summary>
    private const string AskedSummary = "responses_reasoning_summary";

    public static void Write(Utf8JsonWriter json, RequestFields fields)
    {
        var own = fields.Take("reasoning", JsonValueKind.Object, "an object");
        var given = fields.Take("reasoning_effort");
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (given.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in given.EnumerateObject().Where(member => !member.NameEquals("effort"u8))) members[member.Name] = member.Value;
        }

        if (ReasoningEffort.WordOf(given) is { ValueKind: JsonValueKind.String } word && ReasoningEffort.Of(word.GetString()!) is { } level) members["effort"] = JsonText.Element(level);
        if (own.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in own.EnumerateObject()) members[member.Name] = member.Value;
        }

        if (fields.Body.TryGetProperty(AskedSummary, out var asked) && asked.ValueKind == JsonValueKind.String) members["summary"] = asked;
        if (members.Count == 0) return;
        json.WriteStartObject("reasoning");
        foreach (var (name, value) in members)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }
}
