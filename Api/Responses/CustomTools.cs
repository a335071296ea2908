using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Api.Responses;

/// <summary>Tools that take free text. A chat model is told of a function with one text, and its call is told as that of the custom tool.</summary>
internal static class CustomTools
{
    private const string Field = "input";

    public static JsonObject ToFunction(JsonObject tool, string name)
    {
        var description = ResponseBody.TextOf(tool["description"], $"{name}.description") ?? "";
        // Nothing here can hold a model to a grammar; it can only be told.
        if (tool["format"] is JsonObject format && format["definition"] is JsonValue definition && definition.TryGetValue(out string? grammar))
        {
            description = $"{description}\nThe input has to follow this grammar:\n{grammar}".TrimStart();
        }

        return new JsonObject
        {
            ["name"] = ResponseBody.Needed(tool, "name", name),
            ["description"] = description,
            ["parameters"] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { [Field] = new JsonObject { ["type"] = "string" } },
                ["required"] = new JsonArray(Field),
                ["additionalProperties"] = false,
            },
        };
    }

    public static string ToArguments(string input) => Json(new JsonObject { [Field] = input });

    /// <summary>Arguments as a model writes them: it reads its own calls again, and an escape that JSON does not need is foreign to it, and many tokens.</summary>
    public static string Json(JsonObject arguments) => Encoding.UTF8.GetString(ResponsesToOpenAi.Utf8(arguments).Span);

    /// <summary>The text in a call's arguments; the arguments themselves where a model has not kept to the function.</summary>
    public static string ToInput(string arguments)
    {
        try
        {
            using var json = JsonDocument.Parse(arguments);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(Field, out var text) && text.ValueKind == JsonValueKind.String
                ? text.GetString()! : arguments;
        }
        catch (JsonException)
        {
            return arguments;
        }
    }
}
