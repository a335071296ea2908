using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// How hard a model shall think: <c>thinking</c> with its budget, or <c>output_config.effort</c>, as <c>reasoning_effort</c>. An agent sends an
/// effort with every request, and a model that cannot think refuses one: so only a demand to think is passed to a model of which nothing is known.
/// </summary>
internal static class AnthropicThinking
{
    // LiteLLM's steps.
    private const long High = 4096;
    private const long Medium = 2048;

    public static void Write(Utf8JsonWriter json, JsonElement body, ModelFacts model, List<string> dropped)
    {
        var thinking = Json.Object(body, "thinking", "");
        var effort = Json.Object(body, "output_config", "") is { } config ? Json.Text(config, "effort", "output_config.") : null;
        var type = thinking is { } said ? Json.NeededText(said, "type", "thinking.") : null;
        switch (type)
        {
            case "enabled" when model.RefusesEffort:
                dropped.Add("thinking");
                break;
            case "enabled":
                json.WriteString("reasoning_effort", effort ?? OfBudget(Json.Number(thinking!.Value, "budget_tokens", "thinking.")));
                break;
            case "disabled" when model.MayBeToldNotToReason:
                json.WriteString("reasoning_effort", "none");
                break;
            case "disabled":
                dropped.Add("thinking");
                break;
            case null or "adaptive" when effort is not null && model.MayReason:
                json.WriteString("reasoning_effort", effort);
                break;
            case null or "adaptive" when effort is not null:
                dropped.Add("output_config.effort");
                break;
            case null or "adaptive":
                break;
            default:
                // Claude's families bring new ones with them.
                dropped.Add("thinking");
                break;
        }
    }

    private static string OfBudget(JsonElement? tokens) => tokens is { } given && given.TryGetInt64(out var budget)
        ? budget >= High ? "high" : budget >= Medium ? "medium" : "low"
        : "medium";
}
