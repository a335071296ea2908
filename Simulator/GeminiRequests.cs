using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Reads requests to Gemini's generateContent and refuses what it refuses (https://ai.google.dev/api/generate-content).</summary>
internal sealed class GeminiRequests(SimulatorOptions options)
{
    private static readonly string[] Fields =
        ["contents", "systemInstruction", "generationConfig", "safetySettings", "tools", "toolConfig", "cachedContent", "labels"];

    private static readonly string[] ConfigFields =
    [
        "maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "candidateCount", "responseMimeType", "responseSchema", "responseJsonSchema",
        "thinkingConfig", "seed", "presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs", "responseModalities",
    ];

    public Ask Generate(JsonElement request, string model, bool stream)
    {
        CheckFields(request, Fields, "");
        var config = request.Member("generationConfig", JsonValueKind.Object) ?? default;
        if (config.ValueKind == JsonValueKind.Object) CheckFields(config, ConfigFields, " at 'generation_config'");
        var (prompt, words, lastIsUser) = ("", 0, true);
        var any = false;
        foreach (var content in request.Items("contents"))
        {
            any = true;
            var role = content.Text("role");
            if (role is not ("user" or "model")) throw new RefusedException(400, "Please use a valid role: user, model.");
            if (!content.Items("parts").Any()) throw new RefusedException(400, "contents.parts must not be empty.");
            var text = TextOf(content);
            words += Answer.CountTokens(text);
            lastIsUser = role == "user" && !content.Items("parts").Any(part => part.Member("functionResponse", JsonValueKind.Object) is not null);
            if (role == "user" && text.Length > 0) prompt = text;
            foreach (var part in content.Items("parts")) CheckPart(part);
        }

        if (!any) throw new RefusedException(400, "* GenerateContentRequest.contents: contents is not specified");
        words += Answer.CountTokens(TextOf(request.Member("systemInstruction", JsonValueKind.Object) ?? default));
        var thinking = config.Member("thinkingConfig", JsonValueKind.Object);
        return new Ask
        {
            Model = KnownModel(model),
            Stream = stream,
            Prompt = prompt,
            PromptTokens = words,
            MaxTokens = config.Int("maxOutputTokens"),
            IncludeUsage = true,
            Think = thinking?.Flag("includeThoughts") is true,
            Format = config.Text("responseMimeType") == "application/json"
                ? config.Member("responseJsonSchema", JsonValueKind.Object) ?? config.Member("responseSchema", JsonValueKind.Object) ?? default(JsonElement) : null,
            Calls = lastIsUser ? Calls(request, prompt) : [],
        };
    }

    public string KnownModel(string name) => options.Models.FirstOrDefault(model => model == name)
        ?? throw new RefusedException(404, $"models/{name} is not found for API version v1beta, or is not supported for generateContent.");

    private static IReadOnlyList<(string, string)> Calls(JsonElement request, string prompt)
    {
        var choice = request.Member("toolConfig", JsonValueKind.Object)?.Member("functionCallingConfig", JsonValueKind.Object) ?? default;
        var mode = choice.Text("mode");
        var names = choice.Items("allowedFunctionNames").Select(name => name.GetString()!).ToList();
        return new ToolChoice(mode == "NONE", mode == "ANY", mode == "ANY" && names.Count == 1 ? names[0] : null).Among(
            request.Items("tools").SelectMany(tool => tool.Items("functionDeclarations")).Select(declared => (
                declared.Text("name") ?? throw new RefusedException(400, "function_declarations[0].name: [FIELD_INVALID]"),
                declared.Member("parametersJsonSchema", JsonValueKind.Object) ?? declared.Member("parameters", JsonValueKind.Object) ?? default)),
            prompt);
    }

    private static void CheckPart(JsonElement part)
    {
        if (part.Member("inlineData", JsonValueKind.Object) is { } data && (data.Text("mimeType") is null || data.Text("data") is null))
            throw new RefusedException(400, "inline_data must have a mime_type and data.");
        if (part.Member("functionCall", JsonValueKind.Object) is { } call && call.Member("args", JsonValueKind.Object) is null)
            throw new RefusedException(400, "function_call.args must be an object.");
        if (part.Member("functionResponse", JsonValueKind.Object) is { } response && (response.Text("name") is not { Length: > 0 } || response.Member("response", JsonValueKind.Object) is null))
            throw new RefusedException(400, "function_response.name: Name cannot be empty.");
    }

    private static void CheckFields(JsonElement holder, string[] known, string where)
    {
        foreach (var member in holder.EnumerateObject())
        {
            if (!known.Contains(member.Name)) throw new RefusedException(400, $"Invalid JSON payload received. Unknown name \"{member.Name}\"{where}: Cannot find field.");
        }
    }

    private static string TextOf(JsonElement content)
    {
        var texts = new StringBuilder();
        foreach (var part in content.Items("parts")) texts.Append(part.Text("text"));
        return texts.ToString();
    }
}
