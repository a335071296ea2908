using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansLlm.Simulator;

/// <summary>Reads requests to Bedrock's Converse API and refuses what it refuses (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html).</summary>
internal sealed partial class BedrockRequests(SimulatorOptions options)
{
    private static readonly string[] Fields =
    [
        "messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields", "additionalModelResponseFieldPaths", "promptVariables", "requestMetadata",
        "performanceConfig", "serviceTier", "outputConfig",
    ];

    public Ask Converse(JsonElement request, string model, bool stream)
    {
        foreach (var member in request.EnumerateObject())
        {
            if (!Fields.Contains(member.Name)) throw new RefusedException(400, $"The request has a member {member.Name} that there is not.");
        }

        if (!options.Models.Contains(model)) throw new RefusedException(404, $"Could not resolve the foundation model from the provided model identifier: {model}");
        var config = request.Member("inferenceConfig", JsonValueKind.Object) ?? default;
        if (config.Member("temperature", JsonValueKind.Number)?.GetDouble() is < 0 or > 1) throw new RefusedException(400, "The value of temperature must be between 0 and 1.");
        var tools = request.Member("toolConfig", JsonValueKind.Object);
        var (prompt, words, lastIsResult) = ("", Answer.CountTokens(TextOf(request, "system")), false);
        var (called, last, at) = (new HashSet<string>(StringComparer.Ordinal), (string?)null, 0);
        foreach (var message in request.Items("messages"))
        {
            var role = message.Text("role");
            if (role is not ("user" or "assistant")) throw new RefusedException(400, $"Value '{role}' at 'messages.{at}.role' must be user or assistant.");
            if (at == 0 && role != "user") throw new RefusedException(400, "A conversation must start with a user message. Try again with a conversation that starts with a user message.");
            if (role == last) throw new RefusedException(400, "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.");
            last = role;
            lastIsResult = CheckBlocks(message, at++, called, hasTools: tools is not null);
            var text = TextOf(message, "content");
            words += Answer.CountTokens(text);
            if (role == "user" && text.Length > 0) prompt = text;
        }

        if (at == 0) throw new RefusedException(400, "The messages are missing.");
        var thinking = request.Member("additionalModelRequestFields", JsonValueKind.Object)?.Member("thinking", JsonValueKind.Object);
        if (thinking?.Int("budget_tokens") is { } budget && (budget < 1024 || budget >= (config.Int("maxTokens") ?? int.MaxValue)))
            throw new RefusedException(400, "`max_tokens` must be greater than `thinking.budget_tokens`.");
        return new Ask
        {
            Model = model,
            Stream = stream,
            Prompt = prompt,
            PromptTokens = words,
            MaxTokens = config.Int("maxTokens"),
            IncludeUsage = true,
            Think = thinking is not null && thinking.Value.Text("type") != "disabled",
            Format = Schema(request),
            Calls = last == "user" && !lastIsResult && tools is not null ? Calls(tools.Value, prompt) : [],
        };
    }

    /// <summary>It is a text there.</summary>
    private static JsonElement? Schema(JsonElement request) =>
        request.Member("outputConfig", JsonValueKind.Object)?.Member("textFormat", JsonValueKind.Object)?.Member("structure", JsonValueKind.Object)?.Member("jsonSchema", JsonValueKind.Object)?.Text("schema") is { } text
            ? JsonElement.Parse(text) : null;

    private static IReadOnlyList<(string, string)> Calls(JsonElement config, string prompt)
    {
        var choice = config.Member("toolChoice", JsonValueKind.Object) ?? default;
        return new ToolChoice(false, choice.Member("any", JsonValueKind.Object) is not null, choice.Member("tool", JsonValueKind.Object)?.Text("name")).Among(
            config.Items("tools").Select(tool => tool.Member("toolSpec", JsonValueKind.Object)).Where(spec => spec is not null).Select(spec => (
                spec!.Value.Text("name")!,
                spec.Value.Member("inputSchema", JsonValueKind.Object)?.Member("json", JsonValueKind.Object) ?? throw new RefusedException(400, "toolConfig.tools.0.toolSpec.inputSchema is missing."))),
            prompt);
    }

    /// <returns>Whether there was a tool result.</returns>
    private static bool CheckBlocks(JsonElement message, int at, HashSet<string> called, bool hasTools)
    {
        var hasResult = false;
        foreach (var block in message.Items("content"))
        {
            if (block.Text("text") is { } text) CheckText(text, at);
            foreach (var kind in (ReadOnlySpan<string>)["image", "document"])
            {
                if (block.Member(kind, JsonValueKind.Object) is { } file && (file.Text("format") is null || file.Member("source", JsonValueKind.Object) is null))
                    throw new RefusedException(400, $"messages.{at}.content.{kind} has no format or no source.");
            }

            if (block.Member("toolUse", JsonValueKind.Object) is { } call)
            {
                if (call.Text("toolUseId") is not { } id || !ToolId().IsMatch(id)) throw new RefusedException(400, $"Value at 'messages.{at}.content.toolUse.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+");
                if (call.Member("input", JsonValueKind.Object) is null) throw new RefusedException(400, $"The value at messages.{at}.content.toolUse.input is no object.");
                called.Add(id);
            }

            if (block.Member("toolResult", JsonValueKind.Object) is { } result)
            {
                hasResult = true;
                if (!called.Contains(result.Text("toolUseId") ?? "")) throw new RefusedException(400, "The number of toolResult blocks exceeds the number of toolUse blocks of previous turn.");
                foreach (var part in result.Items("content")) CheckText(part.Text("text") ?? "x", at);
            }

            if (!hasTools && (hasResult || called.Count > 0)) throw new RefusedException(400, "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
        }

        return hasResult;
    }

    private static void CheckText(string text, int at)
    {
        if (string.IsNullOrWhiteSpace(text)) throw new RefusedException(400, $"The text field in the ContentBlock object at messages.{at}.content is blank. Add text to the text field, and try again.");
    }

    private static string TextOf(JsonElement holder, string name)
    {
        var parts = new StringBuilder();
        foreach (var block in holder.Items(name)) parts.Append(block.Text("text"));
        return parts.ToString();
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$")]
    private static partial Regex ToolId();
}
