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
        var effort = fields.Take("reasoning_effort");
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        switch (effort.ValueKind)
        {
            case JsonValueKind.Undefined:
                break;
            case JsonValueKind.String:
                if (ReasoningEffort.Of(effort.GetString()!) is { } level) members["effort"] = JsonText.Element(level);
                break;
            case JsonValueKind.Object:
                // LiteLLM's way of asking for a summary.
                foreach (var member in effort.EnumerateObject()) members[member.Name] = member.Value;
                break;
            default:
                throw UpstreamException.CallerFault("reasoning_effort", "reasoning_effort must be a string, or an object with effort and summary.");
        }

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
