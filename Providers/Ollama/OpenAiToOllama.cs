using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Providers.Ollama;

/// <summary>Says OpenAI's requests as ones to Ollama's /api/chat, /api/generate and /api/embed
/// (https://github.com/ollama/ollama/blob/main/docs/api.md).</summary>
internal static class OpenAiToOllama
{
    /// <summary>Fields that mean nothing to a single Ollama server and are left out in silence.</summary>
    private static readonly HashSet<string> Ignored = ["model", "stream", "stream_options", "user", "metadata", "n", "store", "safety_identifier", "encoding_format"];

    /// <summary>What is said in a way of its own; everything else is a field like the others.</summary>
    private static readonly HashSet<string> Contents = ["messages", "prompt", "suffix", "input"];

    private static readonly JsonElement True = JsonElement.Parse("true");

    /// <returns>The request, and the one that loads the model with the same runner options and keep_alive but infers nothing.</returns>
    /// <exception cref="UpstreamException">The caller's fault, with the field at fault in Param.</exception>
    public static (ReadOnlyMemory<byte> Chat, ReadOnlyMemory<byte> Load) Translate(UpstreamRequest request, UpstreamReport report)
    {
        try
        {
            using var body = JsonDocument.Parse(request.Body, NestedJson.Document);
            if (body.RootElement.ValueKind != JsonValueKind.Object)
                throw UpstreamException.CallerFault("", "The request body must be a JSON object.");
            return Translate(request, body.RootElement, report.Dropped);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw UpstreamException.CallerFault("", "The request body is not valid JSON.");
        }
    }

    private static (ReadOnlyMemory<byte>, ReadOnlyMemory<byte>) Translate(UpstreamRequest request, JsonElement body, List<string> dropped)
    {
        var fields = new OllamaFields(request, dropped);
        var names = body.EnumerateObject().Select(member => member.Name).ToHashSet(StringComparer.Ordinal);
        if (request.Defaults.TryGetValue("options", out var options)) fields.Take("options", options, fromBody: false);
        foreach (var (name, value) in request.Defaults)
        {
            if (name == "options" || Contents.Contains(name) || request.StripFields.Contains(name)) continue;
            var isBodys = request.AllowRunnerOptions || !OllamaOptions.IsRunnerOption(name);
            if (!isBodys || !OverriddenBy(names, name)) fields.Take(name, value, fromBody: false);
        }

        fields.Options.BeginBody();
        if (body.TryGetProperty("options", out options)) fields.Take("options", options, fromBody: true);
        if (body.TryGetProperty("extra_body", out var extra) && extra.ValueKind == JsonValueKind.Object)
        {
            // What the body says itself beats it.
            foreach (var member in extra.EnumerateObject())
            {
                if (!request.StripFields.Contains(member.Name) && !OverriddenBy(names, member.Name)) fields.Take(member.Name, member.Value, fromBody: true);
            }
        }

        foreach (var member in body.EnumerateObject())
        {
            if (member.Name is not ("options" or "extra_body") && !request.StripFields.Contains(member.Name)) fields.Take(member.Name, member.Value, fromBody: true);
        }

        var chat = new ArrayBufferWriter<byte>(request.Body.Length + 256);
        using (var json = new Utf8JsonWriter(chat, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("model", request.Model);
            if (request.Operation != UpstreamOperation.Embedding) json.WriteBoolean("stream", true);
            WriteContents(json, request.Operation, body);
            fields.WriteTo(json);
            json.WriteEndObject();
        }

        var load = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(load, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("model", request.Model);
            json.WriteBoolean("stream", false);
            fields.WriteLoadTo(json);
            json.WriteEndObject();
        }

        return (chat.WrittenMemory, load.WrittenMemory);
    }

    private static void WriteContents(Utf8JsonWriter json, UpstreamOperation operation, JsonElement body)
    {
        switch (operation)
        {
            case UpstreamOperation.Completion:
                json.WritePropertyName("prompt");
                Prompt(body).WriteTo(json);
                if (!body.TryGetProperty("suffix", out var suffix) || suffix.ValueKind == JsonValueKind.Null) break;
                if (suffix.ValueKind != JsonValueKind.String) throw UpstreamException.CallerFault("suffix", "suffix must be a string.");
                json.WritePropertyName("suffix");
                suffix.WriteTo(json);
                break;
            case UpstreamOperation.Embedding:
                json.WriteStartArray("input");
                foreach (var text in EmbeddingInput.Texts(body, "Ollama")) text.WriteTo(json);
                json.WriteEndArray();
                break;
            default:
                OllamaMessages.Write(json, body);
                break;
        }
    }

    private static JsonElement Prompt(JsonElement body)
    {
        if (!body.TryGetProperty("prompt", out var prompt)) throw UpstreamException.CallerFault("prompt", "prompt is missing.");
        if (prompt.ValueKind == JsonValueKind.Array && prompt.GetArrayLength() == 1) prompt = prompt[0];
        return prompt.ValueKind == JsonValueKind.String
            ? prompt
            : throw UpstreamException.CallerFault("prompt", "prompt must be one string: Ollama takes neither several prompts in a request nor token numbers.");
    }

    /// <summary>The body's word replaces a default even if it is null, or the same thing under its other name.</summary>
    private static bool OverriddenBy(HashSet<string> body, string name) => body.Contains(name) || name switch
    {
        "max_tokens" => body.Contains("max_completion_tokens"),
        "max_completion_tokens" => body.Contains("max_tokens"),
        "num_predict" => body.Contains("max_completion_tokens") || body.Contains("max_tokens"),
        "think" => body.Contains("reasoning_effort"),
        "reasoning_effort" => body.Contains("think"),
        "format" => body.Contains("response_format"),
        "response_format" => body.Contains("format"),
        _ => false,
    };

    /// <summary>The top-level fields but for model and messages.</summary>
    private sealed class OllamaFields(UpstreamRequest request, List<string> dropped)
    {
        private readonly Dictionary<string, JsonElement> _own = [];
        private readonly OllamaTools _tools = new(dropped);
        private JsonElement _format, _think, _keepAlive, _logprobs, _topLogprobs;
        private string? _thinkLevel;

        public OllamaOptions Options { get; } = new(request.AllowRunnerOptions, dropped);

        /// <summary>For every other model Ollama refused a level up to its version 0.17.6, and knew only yes and no.</summary>
        private bool ThinksByLevel => request.Model.Contains("gpt-oss", StringComparison.OrdinalIgnoreCase);

        public void Take(string name, JsonElement value, bool fromBody)
        {
            if (Contents.Contains(name)) return;
            if (name == "n") CheckSingle(value);
            if (Ignored.Contains(name)) return;
            if (value.ValueKind == JsonValueKind.Null) return;
            if (!IsKnownTo(request.Operation, name))
            {
                LeaveOut(name, value);
                return;
            }

            switch (name)
            {
                case "raw" or "system" or "template" or "dimensions" or "truncate" when request.Operation != UpstreamOperation.Chat:
                    _own[name] = value;
                    break;
                case "tools":
                    _tools.Take(Typed(name, value, JsonValueKind.Array, "an array"));
                    break;
                case "tool_choice":
                    if (!_tools.Choose(value)) LeaveOut(name, value);
                    break;
                case "response_format":
                    _format = Format(value);
                    break;
                case "format":
                    _format = value;
                    break;
                case "think":
                    (_think, _thinkLevel) = (value, null);
                    break;
                case "reasoning_effort":
                    if (ReasoningEffort.WordOf(value) is { ValueKind: JsonValueKind.String } effort) (_think, _thinkLevel) = (default, ThinkLevel(effort.GetString()!));
                    break;
                case "keep_alive":
                    _keepAlive = value;
                    break;
                case "logprobs" when request.Operation == UpstreamOperation.Completion:
                    // How many alternatives, of a completion of OpenAI's; Ollama has two fields for it, whatever is asked.
                    _topLogprobs = Typed(name, value, JsonValueKind.Number, "a number");
                    _logprobs = True;
                    break;
                case "logprobs":
                    _logprobs = value;
                    break;
                case "top_logprobs":
                    _topLogprobs = Typed(name, value, JsonValueKind.Number, "a number");
                    break;
                default:
                    if (!Options.TryTake(name, value, fromBody)) LeaveOut(name, value);
                    break;
            }
        }

        /// <summary>What <c>allowed_openai_params</c> names is sent as it is: the operator knows a server that takes it.</summary>
        private void LeaveOut(string name, JsonElement value)
        {
            if (request.Parameters.Allowed.Contains(name) && OpenAiParameters.All.Contains(name)) _own[name] = value;
            else dropped.Add(name);
        }

        public void WriteTo(Utf8JsonWriter json)
        {
            _tools.WriteTo(json);
            Write(json, "format", _format);
            if (_thinkLevel is null) Write(json, "think", _think);
            else if (_thinkLevel != "none" && ThinksByLevel) json.WriteString("think", _thinkLevel);
            else json.WriteBoolean("think", _thinkLevel != "none");
            Write(json, "logprobs", _logprobs);
            Write(json, "top_logprobs", _topLogprobs);
            foreach (var (name, value) in _own) Write(json, name, value);
            Write(json, "keep_alive", _keepAlive);
            if (Options.Any(runnerOnly: false)) Options.WriteTo(json, runnerOnly: false);
        }

        public void WriteLoadTo(Utf8JsonWriter json)
        {
            Write(json, "keep_alive", _keepAlive);
            if (Options.Any(runnerOnly: true)) Options.WriteTo(json, runnerOnly: true);
        }

        private static void Write(Utf8JsonWriter json, string name, JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.Undefined) return;
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        /// <summary>Fields of a chat that the other two requests do not have.</summary>
        private static bool IsKnownTo(UpstreamOperation operation, string name) => operation switch
        {
            UpstreamOperation.Completion => name is not ("tools" or "tool_choice" or "top_logprobs"),
            UpstreamOperation.Embedding => name is "dimensions" or "truncate" or "keep_alive" or "options" || OllamaOptions.IsRunnerOption(name),
            _ => true,
        };

        private static void CheckSingle(JsonElement n)
        {
            if (n.ValueKind == JsonValueKind.Null) return;
            if (n.ValueKind != JsonValueKind.Number || !n.TryGetInt64(out var choices)) throw UpstreamException.CallerFault("n", "n must be an integer.");
            if (choices != 1) throw UpstreamException.CallerFault("n", "n must be 1: Ollama gives one choice per request.");
        }

        private static JsonElement Format(JsonElement format)
        {
            var type = Typed("response_format", format, JsonValueKind.Object, "an object").TryGetProperty("type", out var named) ? named : default;
            if (type.ValueKind != JsonValueKind.String)
                throw UpstreamException.CallerFault("response_format.type", "response_format.type must be a string.");
            switch (type.GetString())
            {
                case "text":
                    return default;
                case "json_object":
                    return ResponseFormat.OfObject(format) is { ValueKind: JsonValueKind.Object } given ? given : JsonText.Element("json");
                case "json_schema":
                    return format.TryGetProperty("json_schema", out var schema) && schema.ValueKind == JsonValueKind.Object
                           && schema.TryGetProperty("schema", out var inner) && inner.ValueKind == JsonValueKind.Object
                        ? inner
                        : throw UpstreamException.CallerFault(
                            "response_format.json_schema.schema", "response_format.json_schema.schema must be an object.");
                default:
                    throw UpstreamException.CallerFault(
                        "response_format.type", "response_format.type must be text, json_object or json_schema.");
            }
        }

        /// <summary>Null: nothing is said of it.</summary>
        private static string? ThinkLevel(string effort) => ReasoningEffort.Of(effort) switch
        {
            "minimal" => "low",
            "xhigh" => "max",
            var level => level,
        };

        private static JsonElement Typed(string name, JsonElement value, JsonValueKind kind, string what) =>
            value.ValueKind == kind ? value : throw UpstreamException.CallerFault(name, $"{name} must be {what}.");
    }
}
