using System.Text.Json;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Ollama;

/// <summary>Says the fields that /api/chat and /api/generate have in common (https://github.com/ollama/ollama/blob/main/docs/api.md) as OpenAI's.</summary>
/// <param name="name">Of the model, as it is known here.</param>
/// <param name="allowRunnerOptions">Whether a request may change how a model is loaded: that reloads it for everybody.</param>
internal sealed class OllamaToOpenAi(Utf8JsonWriter json, JsonElement body, string name, ModelFacts model, bool allowRunnerOptions, List<string> dropped)
{
    private static readonly HashSet<string> Runner =
        ["num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "use_mlock", "num_thread", "draft_num_predict", "numa", "low_vram", "vocab_only"];

    /// <summary>The options that are OpenAI's as well.</summary>
    private static readonly HashSet<string> OpenAis = ["temperature", "top_p", "seed", "stop", "frequency_penalty", "presence_penalty"];

    private readonly bool _allowsKeepAlive = allowRunnerOptions && !model.KnowsOnlyOpenAisWords;

    /// <summary>An Ollama client that says nothing wants a stream.</summary>
    public static bool IsStream(JsonElement body) => Json.Flag(body, "stream", "", otherwise: true);

    /// <param name="known">Fields that are read elsewhere.</param>
    public void Write(InferenceKind kind, params ReadOnlySpan<string> known)
    {
        json.WriteString("model", name);
        if (IsStream(body))
        {
            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
        }

        WriteFormat();
        WriteThinking();
        WriteOptions();
        if (_allowsKeepAlive) Copy("keep_alive");
        if (kind == InferenceKind.Completion)
        {
            WriteUntemplated();
        }
        else
        {
            Copy("logprobs");
            Copy("top_logprobs");
        }

        foreach (var own in FieldTable.OwnNames) Copy(own);
        foreach (var field in body.EnumerateObject())
        {
            if (!known.Contains(field.Name) && !IsRead(field.Name)) dropped.Add(field.Name);
        }
    }

    /// <summary>What a completion has in place of a chat's words: <c>logprobs</c> is how many alternatives are told there.</summary>
    private void WriteUntemplated()
    {
        // Ollama puts the model's template around a completion as well; whoever else has completions does not.
        if (model.MayBeOllama && Json.Flag(body, "raw", "")) json.WriteBoolean("raw", true);
        if (!Json.Flag(body, "logprobs", "")) return;
        if (Json.Any(body, "top_logprobs") is not { } top) json.WriteNumber("logprobs", 0);
        else if (top.ValueKind == JsonValueKind.Number && top.TryGetInt32(out var alternatives) && alternatives >= 0) json.WriteNumber("logprobs", alternatives);
        else throw Json.Wrong("top_logprobs", "an integer that is not negative");
    }

    private bool IsRead(string field) =>
        field is "model" or "name" or "stream" or "format" or "think" or "options" or "logprobs" or "top_logprobs"
        || (field == "keep_alive" && _allowsKeepAlive)
        || FieldTable.OwnNames.Contains(field);

    private void WriteFormat()
    {
        if (Json.Any(body, "format") is not { } format) return;
        if (format.ValueKind == JsonValueKind.String)
        {
            // Go clients send the empty string for "none".
            if (format.ValueEquals("")) return;
            if (!format.ValueEquals("json")) throw Json.Wrong("format", "\"json\" or a JSON schema");
            json.WriteStartObject("response_format");
            json.WriteString("type", "json_object");
            json.WriteEndObject();
            return;
        }

        if (format.ValueKind != JsonValueKind.Object) throw Json.Wrong("format", "\"json\" or a JSON schema");
        json.WriteStartObject("response_format");
        json.WriteString("type", "json_schema");
        json.WriteStartObject("json_schema");
        json.WriteString("name", "answer");
        json.WritePropertyName("schema");
        format.WriteTo(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteThinking()
    {
        switch (Json.Any(body, "think"))
        {
            case null:
                break;
            case { ValueKind: JsonValueKind.True or JsonValueKind.String } when model.RefusesEffort:
                dropped.Add("think");
                break;
            case { ValueKind: JsonValueKind.True }:
                json.WriteString("reasoning_effort", "medium");
                break;
            case { ValueKind: JsonValueKind.False } when model.MayBeToldNotToReason:
                json.WriteString("reasoning_effort", "none");
                break;
            case { ValueKind: JsonValueKind.False }:
                dropped.Add("think");
                break;
            case { ValueKind: JsonValueKind.String } level:
                json.WriteString("reasoning_effort", level.GetString());
                break;
            default:
                throw Json.Wrong("think", "a boolean or a level");
        }
    }

    /// <summary>OpenAI's parameters by their names there; those that only local servers know by their own.</summary>
    private void WriteOptions()
    {
        if (Json.Object(body, "options", "") is not { } options) return;
        foreach (var option in options.EnumerateObject())
        {
            if (option.Value.ValueKind == JsonValueKind.Null) continue;
            if (Runner.Contains(option.Name) && !allowRunnerOptions)
            {
                dropped.Add("options." + option.Name);
                continue;
            }

            if (option.Name == "num_predict")
            {
                // -1 and -2 are without a bound, as is saying nothing.
                if (option.Value.ValueKind != JsonValueKind.Number || !option.Value.TryGetInt64(out var most)) throw Json.Wrong("options.num_predict", "an integer");
                if (most >= 0) json.WriteNumber("max_tokens", most);
                continue;
            }

            if (model.KnowsOnlyOpenAisWords && !OpenAis.Contains(option.Name))
            {
                dropped.Add("options." + option.Name);
                continue;
            }

            json.WritePropertyName(option.Name);
            option.Value.WriteTo(json);
        }
    }

    private void Copy(string field)
    {
        if (Json.Any(body, field) is not { } value) return;
        json.WritePropertyName(field);
        value.WriteTo(json);
    }
}
