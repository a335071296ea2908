using System.Text.Json;

namespace OrleansLlm.Api.Chat;

/// <summary>The fields of one of OpenAI's requests (openai-openapi) whose types are checked, and the gateway's own.</summary>
/// <param name="prompt">The field that the model reads; it must be there.</param>
internal sealed class FieldTable(string prompt, FieldType[] fields)
{
    /// <summary>Of CreateChatCompletionRequest.</summary>
    private static readonly FieldType[] OfChat =
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
        // LiteLLM's clients ask for a summary beside it.
        FieldType.StringOr("reasoning_effort", JsonTokenType.StartObject, "a string or an object"),
    ];

    /// <summary>What speaks to the gateway, whatever is asked of a model.</summary>
    private static readonly FieldType[] Own =
    [
        FieldType.Number("timeout", 0.001),
        FieldType.Number("request_timeout", 0.001),
        FieldType.Number("stream_timeout", 0.001),
        FieldType.Integer("num_retries", 0, 100),
        FieldType.Integer("max_fallbacks", 0, 1000),
        FieldType.Array("fallbacks"),
        FieldType.Array("context_window_fallbacks"),
        FieldType.Array("content_policy_fallbacks"),
        FieldType.Any("mock_response"),
        FieldType.Any("guardrails"),
        FieldType.Boolean("mock_testing_fallbacks"),
        FieldType.Boolean("mock_testing_context_fallbacks"),
        FieldType.Boolean("mock_testing_context_window_fallbacks"),
        FieldType.Boolean("mock_testing_content_policy_fallbacks"),
        FieldType.Boolean("disable_fallbacks"),
        FieldType.Number("queue_timeout", 0),
        FieldType.String("conversation_id"),
        FieldType.Object("cache"),
        FieldType.Integer("priority", 0, QueueFields.LowestPriority),
        FieldType.Boolean("merge_reasoning_content_in_choices"),
        // A gateway that does not look at them takes them as they come, as LiteLLM does.
        FieldType.Any("tags"),
        FieldType.Any("litellm_metadata"),
    ];

    /// <summary>OpenAI's own, in which LiteLLM's clients have their tags.</summary>
    private static readonly FieldType[] Shared = [FieldType.Any("metadata")];

    public static FieldTable Chat { get; } = new("messages", OfChat);

    /// <summary>Names of the gateway's own fields, for the doors that pass nothing on unread.</summary>
    public static IReadOnlyList<string> OwnNames { get; } = [.. Own.Select(f => f.Name)];

    public string Prompt => prompt;

    /// <summary>The entry of the property the reader stands on; null for fields that are let through unread.</summary>
    public FieldType? Find(ref Utf8JsonReader reader)
    {
        return Find(fields, ref reader) ?? Find(Own, ref reader) ?? Find(Shared, ref reader);
    }

    private static FieldType? Find(FieldType[] among, ref Utf8JsonReader reader)
    {
        foreach (var field in among)
        {
            if (reader.ValueTextEquals(field.Utf8Name)) return field;
        }

        return null;
    }
}
