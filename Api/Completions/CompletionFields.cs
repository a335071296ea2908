using System.Text.Json;
using OrleansLlm.Api.Chat;

namespace OrleansLlm.Api.Completions;

/// <summary>The fields of CreateCompletionRequest (openai-openapi) whose types are checked.</summary>
internal static class CompletionFields
{
    public static FieldTable Table { get; } = new("prompt",
    [
        FieldType.String("model"),
        FieldType.StringOr("prompt", JsonTokenType.StartArray, "a string or an array", required: true),
        FieldType.Boolean("stream"),
        FieldType.Object("stream_options"),
        FieldType.String("user"),
        FieldType.String("suffix"),
        FieldType.Integer("max_tokens", -1),
        FieldType.Integer("n", 1),
        FieldType.Integer("best_of", 1),
        FieldType.Integer("logprobs", 0),
        FieldType.Boolean("echo"),
        FieldType.Integer("seed", long.MinValue),
        FieldType.Number("temperature"),
        FieldType.Number("top_p"),
        FieldType.Number("frequency_penalty"),
        FieldType.Number("presence_penalty"),
        FieldType.Object("logit_bias"),
        FieldType.StringOr("stop", JsonTokenType.StartArray, "a string or an array of strings"),
    ]);
}
