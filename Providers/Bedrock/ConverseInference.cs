using System.Text.Json;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>How the answer is made: limits, sampling and thinking. A few of them have a place in Converse, the others in the words of the model's maker.</summary>
internal static class ConverseInference
{
    private static readonly (string From, string To)[] Numbers = [("temperature", "temperature"), ("top_p", "topP")];

    /// <param name="isForced">The model must call a tool.</param>
    public static void Write(Utf8JsonWriter json, UpstreamRequest request, RequestFields fields, BedrockModel model, ConverseModelFields more, bool isForced)
    {
        var most = fields.TakeMaxTokens();
        var thinking = model.IsClaude ? Claude(request, fields, model, more, most, isForced) : default;
        if (!model.IsClaude) Effort(fields, model, more);
        // Left to the service, which gives a model all that it has; but a budget of thoughts must leave something.
        if (most is null && thinking.OnTop > 0) most = (request.MaxOutputTokens ?? OpenAiToAnthropic.DefaultMaxTokens) + thinking.OnTop;
        var stop = Stop(fields, model);
        var numbers = Sampling(fields, model, thinking.IsOn);
        TopK(fields, model, more, thinking.IsOn);
        if (most is null && stop.Count == 0 && numbers.Count == 0) return;
        json.WriteStartObject("inferenceConfig");
        if (most is not null) json.WriteNumber("maxTokens", most.Value);
        foreach (var (name, value) in numbers)
        {
            json.WritePropertyName(name);
            // OpenAI's scale ends at 2, this one at 1.
            if (value.GetDouble() > 1) json.WriteNumberValue(1);
            else value.WriteTo(json);
        }

        if (stop.Count > 0)
        {
            json.WriteStartArray("stopSequences");
            foreach (var item in stop) ChatMessage.WriteRaw(json, item);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static AnthropicThinking Claude(UpstreamRequest request, RequestFields fields, BedrockModel model, ConverseModelFields more, long? most, bool isForced)
    {
        var thinking = AnthropicThinking.Take(request with { Model = model.Name }, fields, most, isForced);
        if (thinking.Given.ValueKind == JsonValueKind.Object) more.Add("thinking", thinking.Given.WriteTo);
        else if (thinking.IsOn) more.Add("thinking", thinking.WriteValue);
        var given = fields.Take("output_config", JsonValueKind.Object, "an object");
        if (thinking.Effort is { } effort)
        {
            more.Add("output_config", json =>
            {
                json.WriteStartObject();
                json.WriteString("effort", effort);
                json.WriteEndObject();
            });
        }
        else if (given.ValueKind == JsonValueKind.Object)
        {
            more.Add("output_config", given.WriteTo);
        }

        return thinking;
    }

    /// <summary>Two families besides Claude's can be told how much to think; others think as they do, or not at all.</summary>
    private static void Effort(RequestFields fields, BedrockModel model, ConverseModelFields more)
    {
        var word = ReasoningEffort.WordOf(fields.Peek("reasoning_effort"));
        if (word.ValueKind != JsonValueKind.String) return;
        if (ReasoningEffort.Of(word.GetString()!) is not { } effort)
        {
            fields.Take("reasoning_effort");
            return;
        }

        var level = effort switch { "none" => "none", "minimal" or "low" => "low", "medium" => "medium", _ => "high" };
        if (model is { Maker: "openai" } && level != "none")
        {
            fields.Take("reasoning_effort");
            more.Add("reasoning_effort", json => json.WriteStringValue(level));
        }
        else if (model.IsNova && model.Name.StartsWith("nova-2", StringComparison.Ordinal))
        {
            fields.Take("reasoning_effort");
            more.Add("reasoningConfig", json =>
            {
                json.WriteStartObject();
                json.WriteString("type", level == "none" ? "disabled" : "enabled");
                if (level != "none") json.WriteString("maxReasoningEffort", level);
                json.WriteEndObject();
            });
        }
        else if (level == "none" && model.Maker != "openai")
        {
            fields.Take("reasoning_effort");
        }
    }

    private static List<JsonElement> Stop(RequestFields fields, BedrockModel model)
    {
        var stop = fields.TakeStop();
        // Claude refuses sequences of white space alone, and all refuse empty ones.
        var told = stop.FindAll(item => !item.ValueEquals(""u8) && !(model.IsClaude && string.IsNullOrWhiteSpace(item.GetString())));
        if (told.Count < stop.Count) fields.Drop("stop");
        return told;
    }

    /// <summary>Claude's rules are those of Anthropic's own service.</summary>
    private static List<(string Name, JsonElement Value)> Sampling(RequestFields fields, BedrockModel model, bool thinks)
    {
        var told = new List<(string, JsonElement)>();
        var isOneOnly = model.IsClaude && fields.Has("temperature") && fields.Has("top_p") && ClaudeModels.WantsOneSampling(model.Name);
        foreach (var (from, to) in Numbers)
        {
            if (!fields.Has(from)) continue;
            var value = fields.Peek(from);
            if (value.ValueKind != JsonValueKind.Number) throw UpstreamException.CallerFault(from, $"{from} must be a number.");
            var isRefused = model.IsClaude && (!ClaudeModels.TakesSampling(model.Name) || (isOneOnly && from == "top_p")
                || (thinks && (from == "temperature" ? value.GetDouble() is not 1 : value.GetDouble() < 0.95)));
            if (isRefused)
            {
                fields.Drop(from);
                continue;
            }

            fields.Take(from);
            told.Add((to, value));
        }

        return told;
    }

    private static void TopK(RequestFields fields, BedrockModel model, ConverseModelFields more, bool thinks)
    {
        if (model.IsClaude && (thinks || !ClaudeModels.TakesSampling(model.Name)))
        {
            if (fields.Has("top_k")) fields.Drop("top_k");
            return;
        }

        var value = fields.TakeNumber("top_k");
        if (value.ValueKind != JsonValueKind.Number) return;
        if (!model.IsNova)
        {
            more.Add("top_k", value.WriteTo);
            return;
        }

        more.Add("inferenceConfig", json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("topK");
            value.WriteTo(json);
            json.WriteEndObject();
        });
    }
}
