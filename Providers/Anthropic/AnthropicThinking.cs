using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>How the model is asked to think: by the client's own <c>thinking</c>, or from <c>reasoning_effort</c>.</summary>
internal readonly record struct AnthropicThinking(JsonElement Given, int Budget, string? Effort)
{
    /// <summary>A thinking budget must be at least this (API reference, thinking.budget_tokens).</summary>
    private const int LeastBudget = 1024;

    /// <summary>More than any model takes: what is given is added to other numbers.</summary>
    private const int MostBudget = 100_000_000;

    public bool IsOn => Budget > 0 || Effort is not null || (Given.ValueKind == JsonValueKind.Object && ChatMessage.Type(Given) is not "disabled");

    /// <summary>Tokens that an answer needs beside its own, since those of the thoughts count as well.</summary>
    public int OnTop => IsByBudget(Given) && Given.TryGetProperty("budget_tokens", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var tokens)
        ? Math.Clamp(tokens, 0, MostBudget) : Budget;

    public static AnthropicThinking Take(UpstreamRequest request, RequestFields fields, long? maxTokens, bool toolIsForced)
    {
        var given = fields.Take("thinking", JsonValueKind.Object, "an object");
        var effort = ReasoningEffort.WordOf(fields.Take("reasoning_effort"));
        if (given.ValueKind == JsonValueKind.Object) return OfClient(request, fields, given, toolIsForced);
        return effort.ValueKind == JsonValueKind.String ? OfEffort(request, fields, effort.GetString()!, maxTokens, toolIsForced) : default;
    }

    public void Write(Utf8JsonWriter json)
    {
        if (Given.ValueKind == JsonValueKind.Object)
        {
            json.WritePropertyName("thinking");
            Given.WriteTo(json);
        }
        else if (IsOn)
        {
            json.WritePropertyName("thinking");
            WriteValue(json);
        }
    }

    /// <summary>That of <c>thinking</c>, where no client says it itself.</summary>
    public void WriteValue(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", Effort is null ? "enabled" : "adaptive");
        if (Effort is null) json.WriteNumber("budget_tokens", Budget);
        json.WriteEndObject();
    }

    private static AnthropicThinking OfClient(UpstreamRequest request, RequestFields fields, JsonElement given, bool toolIsForced)
    {
        var asked = new AnthropicThinking(given, 0, null);
        if (!asked.IsOn || !(toolIsForced || (IsByBudget(given) && AnthropicMessages.HasLostThoughts(fields.Body, request.Model)))) return asked;
        // Refused there, as below.
        fields.Drop("thinking");
        return default;
    }

    private static AnthropicThinking OfEffort(UpstreamRequest request, RequestFields fields, string effort, long? maxTokens, bool toolIsForced)
    {
        if (ReasoningEffort.Of(effort) is not { } level || level == "none") return default;
        if (toolIsForced)
        {
            // A model that thinks cannot be made to call a tool.
            fields.Drop("reasoning_effort");
            return default;
        }

        if (ClaudeModels.ThinksByEffort(request.Model)) return new AnthropicThinking(default, 0, level switch { "minimal" => "low", "xhigh" => "max", _ => level });
        var budget = (int)Math.Min(ReasoningEffort.Budget(level), (maxTokens ?? long.MaxValue) - 1);
        if (budget >= LeastBudget && !AnthropicMessages.HasLostThoughts(fields.Body, request.Model)) return new AnthropicThinking(default, budget, null);
        fields.Drop("reasoning_effort");
        return default;
    }

    private static bool IsByBudget(JsonElement given) => ChatMessage.Type(given) is "enabled";
}
