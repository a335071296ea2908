using System.Text.Json;
using OrleansLlm.Api.Chat;

namespace OrleansLlm.Api.Embeddings;

/// <summary>The fields of CreateEmbeddingRequest (openai-openapi) whose types are checked.</summary>
internal static class EmbeddingFields
{
    public static FieldTable Table { get; } = new("input",
    [
        FieldType.String("model"),
        FieldType.StringOr("input", JsonTokenType.StartArray, "a string or an array", required: true),
        FieldType.String("encoding_format"),
        FieldType.Integer("dimensions", 1),
        FieldType.String("user"),
    ]);
}
