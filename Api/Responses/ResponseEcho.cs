using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>The fields of a response object that repeat the request: all there are, with OpenAI's defaults where nothing was said.</summary>
internal static class ResponseEcho
{
    /// <param name="conversation">The conversation that it is a turn of; null: none.</param>
    /// <param name="compacts">See <see cref="Compaction.Mark"/>; null: it is an ordinary request.</param>
    public static ReadOnlyMemory<byte> Of(ResponseBody body, bool store, string? conversation, string? compacts = null)
    {
        var echo = new JsonObject
        {
            ["background"] = body.Flag("background") ?? false,
            ["conversation"] = conversation is null ? null : new JsonObject { ["id"] = conversation },
            ["max_tool_calls"] = body.Number("max_tool_calls", 1),
            ["max_output_tokens"] = body.Json["max_output_tokens"]?.DeepClone(),
            ["instructions"] = body.Text("instructions"),
            ["metadata"] = Metadata.Of(body)?.DeepClone() ?? new JsonObject(),
            ["parallel_tool_calls"] = body.Flag("parallel_tool_calls") ?? true,
            ["previous_response_id"] = body.Text("previous_response_id"),
            ["prompt_cache_key"] = body.Text("prompt_cache_key"),
            ["reasoning"] = new JsonObject
            {
                ["effort"] = body.Object("reasoning")?["effort"]?.DeepClone(),
                ["summary"] = body.Object("reasoning")?["summary"]?.DeepClone(),
            },
            ["safety_identifier"] = body.Text("safety_identifier"),
            ["service_tier"] = "default",
            ["store"] = store,
            ["temperature"] = body.Number("temperature", 0) ?? 1,
            ["text"] = TextOf(body),
            ["tool_choice"] = body.Json["tool_choice"]?.DeepClone() ?? "auto",
            ["tools"] = ToolsOf(body),
            ["top_logprobs"] = 0,
            ["top_p"] = body.Number("top_p", 0) ?? 1,
            ["truncation"] = body.Text("truncation") ?? "auto",
        };
        // Not to be null where it was not said.
        if (body.Text("user") is { } user) echo["user"] = user;
        if (compacts is not null) echo[Compaction.Mark] = compacts;
        return ResponsesToOpenAi.Utf8(echo);
    }

    /// <summary>The tools by what a chat model calls them.</summary>
    public static Dictionary<string, ToolName> ToolsIn(JsonElement echo) => ToolName.In(echo.GetProperty("tools"));

    /// <summary>The client wants a summary of the thoughts: it is shown them as that.</summary>
    public static bool WantsSummary(JsonElement echo) => echo.GetProperty("reasoning").GetProperty("summary").ValueKind == JsonValueKind.String;

    /// <summary>As they came, those among the items with them, but for what a function has in every answer of OpenAI's.</summary>
    private static JsonArray ToolsOf(ResponseBody body)
    {
        var tools = new JsonArray([.. ToolList.ListsIn(body).SelectMany(list => list.Tools).Select(tool => tool?.DeepClone())]);
        foreach (var tool in tools)
        {
            if (tool is not JsonObject function || (string?)function["type"] != "function") continue;
            foreach (var name in (string[])["strict", "parameters"]) function.TryAdd(name, null);
        }

        return tools;
    }

    private static JsonObject TextOf(ResponseBody body)
    {
        var text = (JsonObject?)body.Object("text")?.DeepClone() ?? [];
        text["format"] ??= new JsonObject { ["type"] = "text" };
        return text;
    }
}
