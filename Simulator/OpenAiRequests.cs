using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Reads requests to the OpenAI endpoints.</summary>
internal sealed class OpenAiRequests(SimulatorOptions options)
{
    public Ask Chat(JsonElement request)
    {
        if (request.Member("messages", JsonValueKind.Array) is not { } messages || messages.GetArrayLength() == 0)
            throw new RefusedException(400, "[] is too short - 'messages'", param: "messages");
        var prompt = "";
        var words = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var content = ContentText(message);
            words += Answer.CountTokens(content);
            if (message.Text("role") == "user") prompt = content;
        }

        var effort = request.Text("reasoning_effort");
        var model = KnownModel(request);
        return Common(request, model, prompt, words) with
        {
            Calls = ToolChoice.Calls(request, prompt),
            Think = Catalog.Thinks(model) && effort is not (null or "none"),
            Format = FormatOf(request),
            Choices = request.Int("n") ?? 1,
            TopLogprobs = request.Flag("logprobs") ? request.Int("top_logprobs") ?? 0 : null,
        };
    }

    public Ask Completion(JsonElement request)
    {
        var prompt = request.Text("prompt") ?? string.Join(' ', request.Items("prompt").Select(item => item.ToString()));
        return Common(request, KnownModel(request), prompt, Answer.CountTokens(prompt)) with { MaxTokens = request.Int("max_tokens") ?? 16 };
    }

    public static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw new RefusedException(400, "We could not parse the JSON body of your request.");
        }
    }

    public string KnownModel(JsonElement request)
    {
        var name = request.Text("model") ?? throw new RefusedException(400, "you must provide a model parameter");
        return options.Models.FirstOrDefault(model => model == name || model == name + ":latest")
            ?? throw new RefusedException(404, $"The model '{name}' does not exist", code: "model_not_found", param: "model");
    }

    private static Ask Common(JsonElement request, string model, string prompt, int words) => new()
    {
        Model = model,
        Stream = request.Flag("stream"),
        Prompt = prompt,
        PromptTokens = words,
        MaxTokens = request.Int("max_completion_tokens") ?? request.Int("max_tokens"),
        IncludeUsage = request.Member("stream_options", JsonValueKind.Object)?.Flag("include_usage") == true,
    };

    private static string ContentText(JsonElement message)
    {
        if (message.Text("content") is { } text) return text;
        var parts = new StringBuilder();
        foreach (var part in message.Items("content")) parts.Append(part.Text("text"));
        return parts.ToString();
    }

    private static JsonElement? FormatOf(JsonElement request)
    {
        var format = request.Member("response_format", JsonValueKind.Object);
        return format?.Text("type") switch
        {
            "json_object" => default(JsonElement),
            "json_schema" => format.Value.Member("json_schema", JsonValueKind.Object)?.Member("schema", JsonValueKind.Object) ?? default(JsonElement),
            _ => null,
        };
    }
}
