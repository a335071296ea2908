using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Reads requests to OpenAI's Responses API and refuses what it refuses (https://platform.openai.com/docs/api-reference/responses/create).</summary>
internal sealed class ResponsesRequests(OpenAiRequests openAi)
{
    private const int LeastTokens = 16;

    private static readonly string[] Fields =
    [
        "model", "input", "instructions", "stream", "stream_options", "store", "tools", "tool_choice", "parallel_tool_calls", "max_tool_calls", "text", "reasoning", "max_output_tokens", "temperature", "top_p",
        "top_logprobs", "metadata", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier", "include", "truncation", "background", "previous_response_id", "conversation", "prompt",
        "context_management",
    ];

    public Ask Create(JsonElement request)
    {
        foreach (var member in request.EnumerateObject())
        {
            if (!Fields.Contains(member.Name)) throw new RefusedException(400, $"Unknown parameter: '{member.Name}'.", code: "unknown_parameter", param: member.Name);
        }

        var most = request.Int("max_output_tokens");
        if (most < LeastTokens)
        {
            throw new RefusedException(
                400, $"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {LeastTokens}, but got {most} instead.", code: "integer_below_min_value", param: "max_output_tokens");
        }

        var model = openAi.KnownModel(request);
        var (prompt, words, lastIsUser) = Input(request);
        var reasoning = request.Member("reasoning", JsonValueKind.Object) ?? default;
        return new Ask
        {
            Model = model,
            Stream = request.Flag("stream"),
            Prompt = prompt,
            PromptTokens = words,
            MaxTokens = most,
            IncludeUsage = true,
            Think = Catalog.Thinks(model) && reasoning.Text("summary") is not null && reasoning.Text("effort") is not "none",
            Format = FormatOf(request),
            Calls = lastIsUser ? Calls(request, prompt) : [],
        };
    }

    private static (string Prompt, int Words, bool LastIsUser) Input(JsonElement request)
    {
        if (request.Text("input") is { } text) return (text, Answer.CountTokens(text), true);
        var (prompt, words, lastIsUser) = ("", 0, false);
        var called = new HashSet<string>(StringComparer.Ordinal);
        var at = 0;
        foreach (var item in request.Items("input"))
        {
            var where = $"input[{at++}]";
            lastIsUser = false;
            switch (item.Text("type") ?? "message")
            {
                case "message":
                    var said = MessageText(item, where);
                    words += Answer.CountTokens(said);
                    lastIsUser = item.Text("role") == "user";
                    if (lastIsUser && said.Length > 0) prompt = said;
                    break;
                case "function_call" or "custom_tool_call":
                    called.Add(Needed(item, "call_id", where));
                    Needed(item, "name", where);
                    Needed(item, item.Text("type") == "function_call" ? "arguments" : "input", where);
                    break;
                case "function_call_output" or "custom_tool_call_output":
                    var id = Needed(item, "call_id", where);
                    if (!called.Remove(id)) throw new RefusedException(400, $"No tool call found for function call output with call_id {id}.", param: "input");
                    break;
                case var other:
                    throw new RefusedException(400, $"Invalid value: '{other}'.", code: "invalid_value", param: where);
            }
        }

        if (at == 0) throw new RefusedException(400, "Missing required parameter: 'input'.", code: "missing_required_parameter", param: "input");
        if (called.Count > 0) throw new RefusedException(400, $"No tool output found for function call {called.First()}.", param: "input");
        return (prompt, words, lastIsUser);
    }

    private static string MessageText(JsonElement message, string where)
    {
        var role = message.Text("role");
        if (role is not ("user" or "assistant" or "system" or "developer")) throw new RefusedException(400, $"Invalid value: '{role}'.", code: "invalid_value", param: where + ".role");
        if (message.Text("content") is { } text) return text;
        var parts = new StringBuilder();
        foreach (var part in message.Items("content"))
        {
            var type = part.Text("type");
            var fits = role == "assistant" ? type is "output_text" or "refusal" : type is "input_text" or "input_image" or "input_file";
            if (!fits) throw new RefusedException(400, $"Invalid value: '{type}'.", code: "invalid_value", param: where + ".content");
            parts.Append(part.Text("text"));
        }

        return parts.ToString();
    }

    private static IReadOnlyList<(string, string)> Calls(JsonElement request, string prompt)
    {
        var at = 0;
        foreach (var tool in request.Items("tools"))
        {
            if (tool.Text("type") is "function" or "custom") Needed(tool, "name", $"tools[{at}]");
            at++;
        }

        var choice = request.Member("tool_choice", JsonValueKind.Object) ?? default;
        return new ToolChoice(request.Text("tool_choice") == "none", request.Text("tool_choice") == "required", choice.Text("name")).Among(
            request.Items("tools").Where(tool => tool.Text("type") == "function").Select(tool => (tool.Text("name")!, tool.Member("parameters", JsonValueKind.Object) ?? default)), prompt);
    }

    private static JsonElement? FormatOf(JsonElement request)
    {
        var format = request.Member("text", JsonValueKind.Object)?.Member("format", JsonValueKind.Object);
        return format?.Text("type") switch
        {
            "json_object" => default(JsonElement),
            "json_schema" => format.Value.Member("schema", JsonValueKind.Object) ?? throw new RefusedException(400, "Missing required parameter: 'text.format.schema'.", param: "text.format.schema"),
            _ => null,
        };
    }

    private static string Needed(JsonElement item, string name, string where) =>
        item.Text(name) ?? throw new RefusedException(400, $"Missing required parameter: '{where}.{name}'.", code: "missing_required_parameter", param: $"{where}.{name}");
}
