using System.Text.Json;

namespace OrleansLlm.Api.Chat;

/// <summary>The fields of CreateChatCompletionRequest (openai-openapi) whose types are checked, and the gateway's own.</summary>
internal static class FieldTable
{
    private static readonly FieldType[] All =
    [
        FieldType.String("model"),
        FieldType.Array("messages", required: true),
        FieldType.Boolean("stream"),
        FieldType.Object("stream_options"),
        FieldType.String("user"),
        FieldType.Number("temperature"),
        FieldType.Number("top_p"),
        FieldType.Number("frequency_penalty"),
        FieldType.Number("presence_penalty"),
        FieldType.Integer("max_tokens", -1),
        FieldType.Integer("max_completion_tokens", -1),
        FieldType.Integer("n", 1),
        FieldType.Integer("seed", long.MinValue),
        FieldType.Integer("top_logprobs", 0),
        FieldType.Boolean("logprobs"),
        FieldType.Object("logit_bias"),
        FieldType.Object("response_format"),
        FieldType.Array("tools"),
        FieldType.Boolean("parallel_tool_calls"),
        FieldType.StringOr("tool_choice", JsonTokenType.StartObject, "a string or an object"),
        FieldType.StringOr("stop", JsonTokenType.StartArray, "a string or an array of strings"),
        FieldType.String("reasoning_effort"),
        FieldType.Number("timeout", 0.001),
        FieldType.Number("request_timeout", 0.001),
        FieldType.Number("stream_timeout", 0.001),
        FieldType.Integer("num_retries", 0, 100),
        FieldType.Integer("max_fallbacks", 0, 1000),
        FieldType.Array("fallbacks"),
        FieldType.Boolean("disable_fallbacks"),
        FieldType.Number("queue_timeout", 0),
        FieldType.String("conversation_id"),
        FieldType.Object("cache"),
        FieldType.Integer("priority", 0, QueueFields.LowestPriority),
    ];

    /// <summary>The entry of the property the reader stands on; null for fields that are let through unread.</summary>
    public static FieldType? Find(ref Utf8JsonReader reader)
    {
        foreach (var field in All)
        {
            if (reader.ValueTextEquals(field.Utf8Name)) return field;
        }

        return null;
    }
}
