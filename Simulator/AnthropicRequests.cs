using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansLlm.Simulator;

/// <summary>Reads requests to Anthropic's Messages API and refuses what it refuses (https://docs.claude.com/en/api/messages).</summary>
internal sealed partial class AnthropicRequests(SimulatorOptions options)
{
    private static readonly string[] Fields =
    [
        "model", "max_tokens", "messages", "system", "stream", "stop_sequences", "temperature", "top_k", "top_p", "tools", "tool_choice", "thinking",
        "metadata", "service_tier", "output_config", "container", "context_management", "mcp_servers", "cache_control", "inference_geo", "speed",
    ];

    /// <summary>As Vertex AI has it: the model stands in the address, and the version in the body.</summary>
    public Ask OnVertex(JsonElement request, string model)
    {
        if (request.Text("anthropic_version") != "vertex-2023-10-16") throw new RefusedException(400, "anthropic_version: Field required");
        if (request.Text("model") is not null) throw new RefusedException(400, "model: Extra inputs are not permitted");
        var asked = System.Text.Json.Nodes.JsonObject.Create(request.Clone())!;
        asked.Remove("anthropic_version");
        asked["model"] = model;
        return Messages(JsonElement.Parse(asked.ToJsonString()));
    }

    public Ask Messages(JsonElement request)
    {
        foreach (var member in request.EnumerateObject())
        {
            if (!Fields.Contains(member.Name)) throw new RefusedException(400, $"{member.Name}: Extra inputs are not permitted");
        }

        if (request.Int("max_tokens") is not { } maxTokens) throw new RefusedException(400, "max_tokens: Field required");
        if (request.Member("temperature", JsonValueKind.Number)?.GetDouble() > 1) throw new RefusedException(400, "temperature: range: 0..1");
        var model = KnownModel(request.Text("model"));
        var (prompt, words, lastIsResult) = ("", Answer.CountTokens(TextOf(request, "system")), false);
        var called = new HashSet<string>(StringComparer.Ordinal);
        string? last = null;
        var at = 0;
        foreach (var message in request.Items("messages"))
        {
            var role = message.Text("role");
            if (role is not ("user" or "assistant")) throw new RefusedException(400, $"messages.{at}.role: Input should be 'user' or 'assistant'");
            if (at == 0 && role != "user") throw new RefusedException(400, "messages: first message must use the \"user\" role");
            if (role == last) throw new RefusedException(400, $"messages.{at}: roles must alternate between \"user\" and \"assistant\"");
            last = role;
            lastIsResult = CheckBlocks(message, at++, called);
            var text = TextOf(message, "content");
            words += Answer.CountTokens(text);
            if (role == "user" && text.Length > 0) prompt = text;
        }

        if (at == 0) throw new RefusedException(400, "messages: at least one message is required");
        var thinking = request.Member("thinking", JsonValueKind.Object);
        if (thinking?.Int("budget_tokens") is { } budget && (budget < 1024 || budget >= maxTokens))
            throw new RefusedException(400, "`max_tokens` must be greater than `thinking.budget_tokens`");
        return new Ask
        {
            Model = model,
            Stream = request.Flag("stream"),
            Prompt = prompt,
            PromptTokens = words,
            MaxTokens = maxTokens,
            IncludeUsage = true,
            Think = thinking is not null && thinking.Value.Text("type") != "disabled",
            Format = request.Member("output_config", JsonValueKind.Object)?.Member("format", JsonValueKind.Object)?.Member("schema", JsonValueKind.Object),
            Calls = last == "user" && !lastIsResult ? Calls(request, prompt) : [],
        };
    }

    private string KnownModel(string? name) => options.Models.FirstOrDefault(model => model == name)
        ?? throw new RefusedException(404, $"model: {name}", "not_found_error");

    private static IReadOnlyList<(string, string)> Calls(JsonElement request, string prompt)
    {
        var choice = request.Member("tool_choice", JsonValueKind.Object) ?? default;
        return new ToolChoice(choice.Text("type") == "none", choice.Text("type") == "any", choice.Text("type") == "tool" ? choice.Text("name") : null).Among(
            // Of Anthropic's own tools none is run here.
            request.Items("tools").Where(tool => tool.Text("name") is not null && tool.Text("type") is null or "custom").Select(tool => (tool.Text("name")!, tool.Member("input_schema", JsonValueKind.Object)
                ?? throw new RefusedException(400, "tools.0.custom.input_schema: Field required"))),
            prompt);
    }

    /// <returns>Whether there was a tool result.</returns>
    private static bool CheckBlocks(JsonElement message, int at, HashSet<string> called)
    {
        var hasResult = false;
        foreach (var block in message.Items("content"))
        {
            switch (block.Text("type"))
            {
                case "text" when string.IsNullOrEmpty(block.Text("text")):
                    throw new RefusedException(400, "messages: text content blocks must be non-empty");
                case "image" or "document" when block.Member("source", JsonValueKind.Object) is not { } source
                    || (source.Text("type") == "base64" && (source.Text("media_type") is null || source.Text("data") is null)):
                    throw new RefusedException(400, $"messages.{at}.content: invalid source");
                case "thinking" when block.Text("signature") is null:
                    throw new RefusedException(400, $"messages.{at}.content.0.thinking.signature: Field required");
                case "tool_use":
                    if (block.Text("id") is not { } id || !ToolId().IsMatch(id)) throw new RefusedException(400, $"messages.{at}.content.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
                    if (block.Member("input", JsonValueKind.Object) is null) throw new RefusedException(400, $"messages.{at}.content.tool_use.input: Input should be an object");
                    called.Add(id);
                    break;
                case "tool_result":
                    hasResult = true;
                    if (!called.Contains(block.Text("tool_use_id") ?? ""))
                        throw new RefusedException(400, $"messages.{at}.content: unexpected `tool_use_id` found in `tool_result` blocks: {block.Text("tool_use_id")}");
                    break;
                case null:
                    throw new RefusedException(400, $"messages.{at}.content.type: Field required");
            }
        }

        return hasResult;
    }

    private static string TextOf(JsonElement holder, string name)
    {
        if (holder.Text(name) is { } text) return text;
        var parts = new StringBuilder();
        foreach (var block in holder.Items(name)) parts.Append(block.Text("text"));
        return parts.ToString();
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]+$")]
    private static partial Regex ToolId();
}
