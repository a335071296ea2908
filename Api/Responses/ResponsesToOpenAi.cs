using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>What a request of <c>/v1/responses</c> asks a chat model. Pure; docs/responses.md has the table.</summary>
internal sealed record ResponsesToOpenAi
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What is said in another way, or concerns this API only. Everything else goes on as it is, so that a backend's own fields reach it.</summary>
    private static readonly HashSet<string> Own =
    [
        "input", "instructions", "previous_response_id", "conversation", "conversation_id", "store", "background", "include", "text", "reasoning", "max_output_tokens",
        "max_tool_calls", "tools", "tool_choice", "parallel_tool_calls", "truncation", "metadata", "stream", "stream_options", "prompt", "service_tier", "client_metadata",
        "context_management", "top_logprobs", "messages", "n",
    ];

    /// <summary>The gateway's own member of a chat request: only a backend that is asked at its own Responses API is told of it.</summary>
    private const string AskedSummary = "responses_reasoning_summary";

    private static readonly Dictionary<string, JsonObject> NoReferences = [];

    /// <summary>A chat request as UTF-8.</summary>
    public required ReadOnlyMemory<byte> Chat { get; init; }

    public bool HasInstructions { get; init; }

    /// <summary>Types of the tools that were left out.</summary>
    public required IReadOnlyCollection<string> DroppedTools { get; init; }

    /// <param name="hosted">What may be asked of a service.</param>
    /// <param name="references">The items that <c>item_reference</c>s in the input stand for.</param>
    /// <exception cref="Errors.RequestException">The request is at fault.</exception>
    public static ResponsesToOpenAi Of(ResponseBody body, HostedTools hosted, IReadOnlyDictionary<string, JsonObject>? references = null)
    {
        var instructions = body.Text("instructions");
        var messages = MessagesOf(body, references ?? NoReferences, hosted.KnowBreakpoints);
        if (instructions is not null) messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = instructions });
        var tools = ToolList.Of(body, hosted);
        var chat = new JsonObject { ["messages"] = new JsonArray([.. messages]) };
        foreach (var (name, value) in body.Json)
        {
            if (!Own.Contains(name)) chat[name] = value?.DeepClone();
        }

        if (body.Flag("stream") is true)
        {
            chat["stream"] = true;
            chat["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        if (body.Number("max_output_tokens", 1) is { } most) chat["max_completion_tokens"] = (long)most;
        if (body.Object("reasoning")?["effort"] is { } effort) chat["reasoning_effort"] = ResponseBody.TextOf(effort, "reasoning.effort");
        if (ResponseBody.TextOf(body.Object("reasoning")?["summary"], "reasoning.summary") is { } summary) chat[AskedSummary] = summary;
        AddTools(chat, tools, body);
        if (!Compaction.IsAskedBy(body)) AddFormat(chat, body.Object("text"));
        return new ResponsesToOpenAi { Chat = Utf8(chat), HasInstructions = instructions is not null, DroppedTools = tools.Dropped };
    }

    public static ReadOnlyMemory<byte> Utf8(JsonNode json)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed)) json.WriteTo(writer);
        return buffer.WrittenMemory;
    }

    private static List<JsonObject> MessagesOf(ResponseBody body, IReadOnlyDictionary<string, JsonObject> references, bool breakpoints)
    {
        if (body.Json["input"] is JsonArray items)
        {
            var messages = InputItems.ToMessages(items, "input", references, breakpoints);
            if (Compaction.IsAskedBy(body)) messages.Add(Compaction.Question());
            return messages.Count > 0 ? messages : throw ResponseBody.Invalid("input", "expected at least one message, or the result of a call");
        }

        var text = body.Text("input") ?? throw ResponseBody.Missing("input");
        return [new JsonObject { ["role"] = "user", ["content"] = text }];
    }

    private static void AddTools(JsonObject chat, ToolList tools, ResponseBody body)
    {
        if (tools.Search is not null && !Compaction.IsAskedBy(body)) chat["web_search_options"] = tools.Search;
        if (tools.Tools.Count == 0) return;
        chat["tools"] = tools.Tools;
        if (Compaction.IsAskedBy(body))
        {
            // They stay, as services want the tools of calls that they are told of, and have what begins alike in their cache.
            chat["tool_choice"] = "none";
            return;
        }

        if (ToolList.Choice(body) is { } choice) chat["tool_choice"] = choice;
        if (body.Flag("parallel_tool_calls") is { } parallel) chat["parallel_tool_calls"] = parallel;
    }

    private static void AddFormat(JsonObject chat, JsonObject? text)
    {
        if (text is null) return;
        if (ResponseBody.TextOf(text["verbosity"], "text.verbosity") is { } verbosity) chat["verbosity"] = verbosity;
        if (text["format"] is not { } given) return;
        var format = given as JsonObject ?? throw ResponseBody.Wrong("text.format", "an object", given);
        switch (ResponseBody.Needed(format, "type", "text.format"))
        {
            case "text":
                break;
            case "json_object":
                chat["response_format"] = new JsonObject { ["type"] = "json_object" };
                break;
            case "json_schema":
                var schema = new JsonObject { ["name"] = ResponseBody.Needed(format, "name", "text.format") };
                foreach (var field in (ReadOnlySpan<string>)["description", "schema", "strict"])
                {
                    if (format[field] is { } value) schema[field] = value.DeepClone();
                }

                chat["response_format"] = new JsonObject { ["type"] = "json_schema", ["json_schema"] = schema };
                break;
            case var other:
                throw ResponseBody.Invalid("text.format.type", $"'{other}' is not supported");
        }
    }
}
