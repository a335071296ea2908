using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Reads requests to Ollama's native API and refuses what Ollama refuses, in its words (server/routes.go, api/types.go).</summary>
internal sealed class OllamaRequests(SimulatorOptions options)
{
    private static readonly string[] RunnerOptionNames =
        ["num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict"];

    private static readonly string[] IntegerOptions =
        ["num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "num_keep", "seed", "num_predict", "top_k", "repeat_last_n"];

    private static readonly string[] FloatOptions =
        ["top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty", "frequency_penalty"];

    public Ask Chat(JsonElement request)
    {
        var prompt = "";
        var words = 0;
        foreach (var message in request.Items("messages"))
        {
            CheckMessage(message);
            var content = message.Text("content") ?? "";
            words += Answer.CountTokens(content);
            if (message.Text("role") == "user") prompt = content;
        }

        var empty = !request.Items("messages").Any();
        return Common(request, prompt, words, empty) with { Calls = ToolChoice.Calls(request, prompt) };
    }

    public Ask Generate(JsonElement request)
    {
        var prompt = request.Text("prompt") ?? "";
        return Common(request, prompt, Answer.CountTokens(prompt), prompt.Length == 0);
    }

    /// <summary>The body as JSON, or the refusal that Go's decoder leads to.</summary>
    public static JsonDocument Parse(byte[] body)
    {
        if (body.Length == 0) throw new RefusedException(400, "missing request body");
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw new RefusedException(400, $"invalid character '{Encoding.UTF8.GetString(body)[0]}' looking for beginning of value");
        }
    }

    public string KnownModel(JsonElement request)
    {
        var name = request.Text("model") ?? request.Text("name") ?? "";
        if (name.Length == 0) throw new RefusedException(400, "model is required");
        return options.Models.FirstOrDefault(model => model == name || model == name + ":latest")
            ?? throw new RefusedException(404, $"model '{name}' not found", "not_found_error");
    }

    private Ask Common(JsonElement request, string prompt, int words, bool empty)
    {
        var model = KnownModel(request);
        if (Catalog.OnlyEmbeds(model) && !empty) throw new RefusedException(400, $"\"{model}\" does not support chat");
        var think = Thinks(request);
        if (think && !Catalog.Thinks(model)) throw new RefusedException(400, $"\"{model}\" does not support thinking");
        var given = request.Member("options", JsonValueKind.Object) ?? default;
        CheckOptions(given);
        var keepAlive = request.Member("keep_alive", JsonValueKind.Number);
        return new Ask
        {
            Model = model,
            Stream = request.Member("stream", JsonValueKind.False) is null,
            Prompt = prompt,
            PromptTokens = words,
            MaxTokens = given.Int("num_predict"),
            Think = think,
            Format = FormatOf(request),
            TopLogprobs = request.Flag("logprobs") ? request.Int("top_logprobs") ?? 0 : null,
            RunnerOptions = RunnerOptions(given),
            LoadOnly = empty,
            Unload = empty && (keepAlive?.GetDouble() == 0 || request.Text("keep_alive") is "0" or "0s"),
        };
    }

    private static void CheckMessage(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw Unmarshal(message.ValueKind, "ChatRequest.messages", "api.Message");
        if (message.TryGetProperty("content", out var content) && content.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            throw Unmarshal(content.ValueKind, "ChatRequest.messages.content", "string");
        foreach (var image in message.Items("images"))
        {
            if (image.ValueKind != JsonValueKind.String) throw Unmarshal(image.ValueKind, "ChatRequest.messages.images", "[]api.ImageData");
            if (!image.TryGetBytesFromBase64(out _)) throw new RefusedException(400, "illegal base64 data at input byte 4");
        }

        foreach (var call in message.Items("tool_calls"))
        {
            if (call.Member("function", JsonValueKind.Object) is { } function && function.TryGetProperty("arguments", out var arguments)
                && arguments.ValueKind != JsonValueKind.Object)
            {
                throw Unmarshal(
                    arguments.ValueKind, "ChatRequest.messages.tool_calls.function.arguments", "api.ToolCallFunctionArguments");
            }
        }
    }

    private static void CheckOptions(JsonElement given)
    {
        if (given.ValueKind != JsonValueKind.Object) return;
        foreach (var option in given.EnumerateObject())
        {
            if (option.Value.ValueKind == JsonValueKind.Null) continue;
            var needed = IntegerOptions.Contains(option.Name) ? "integer" : FloatOptions.Contains(option.Name) ? "float32"
                : option.Name == "stop" ? "array" : null;
            var fits = needed switch
            {
                "integer" or "float32" => option.Value.ValueKind == JsonValueKind.Number,
                "array" => option.Value.ValueKind == JsonValueKind.Array,
                _ => true,
            };
            if (!fits) throw new RefusedException(400, $"option \"{option.Name}\" must be of type {needed}");
        }
    }

    private static bool Thinks(JsonElement request)
    {
        if (!request.TryGetProperty("think", out var think)) return false;
        return think.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False or JsonValueKind.Null => false,
            JsonValueKind.String when think.GetString() is "low" or "medium" or "high" or "max" => true,
            _ => throw new RefusedException(400,
                $"invalid think value: {think.GetRawText()} (must be \"high\", \"medium\", \"low\", \"max\", true, or false)"),
        };
    }

    private static JsonElement? FormatOf(JsonElement request)
    {
        if (!request.TryGetProperty("format", out var format)) return null;
        return format.ValueKind switch
        {
            JsonValueKind.Object => format,
            JsonValueKind.String when format.GetString() is "json" => default(JsonElement),
            JsonValueKind.Null => null,
            JsonValueKind.String when format.GetString() is "" => null,
            _ => throw new RefusedException(400, $"invalid format: {format.GetRawText()}; expected \"json\" or a valid JSON Schema object"),
        };
    }

    private static string RunnerOptions(JsonElement given)
    {
        if (given.ValueKind != JsonValueKind.Object) return "";
        return string.Join(';', RunnerOptionNames
            .Where(name => given.TryGetProperty(name, out _))
            .Select(name => string.Create(CultureInfo.InvariantCulture, $"{name}={given.GetProperty(name).GetRawText()}")));
    }

    private static RefusedException Unmarshal(JsonValueKind kind, string field, string type) =>
        new(400, $"json: cannot unmarshal {Json.GoKind(kind)} into Go struct field {field} of type {type}");
}
