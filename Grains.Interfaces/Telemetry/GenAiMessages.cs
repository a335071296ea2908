using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansLlm.Telemetry;

/// <summary>Messages in the shape of OpenTelemetry's GenAI conventions: a role and parts.</summary>
public static class GenAiMessages
{
    /// <param name="input">OpenAI's messages, or a prompt, as JSON.</param>
    public static string OfInput(string input)
    {
        var messages = new JsonArray();
        if (JsonNode.Parse(input) is JsonArray array && array.All(m => m is JsonObject))
        {
            foreach (var message in array) messages.Add((JsonNode)Message(message!["role"]?.ToString() ?? "user", message["content"]));
        }
        else
        {
            messages.Add((JsonNode)Message("user", JsonNode.Parse(input)));
        }

        return messages.ToJsonString();
    }

    public static string OfOutput(string output) => new JsonArray(Message("assistant", JsonValue.Create(output))).ToJsonString();

    private static JsonObject Message(string role, JsonNode? content) => new()
    {
        ["role"] = role,
        ["parts"] = new JsonArray(new JsonObject
        {
            ["type"] = "text",
            ["content"] = content is null ? "" : content.GetValueKind() == JsonValueKind.String ? content.GetValue<string>() : content.ToJsonString(),
        }),
    };
}
