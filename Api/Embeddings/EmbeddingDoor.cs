using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Embeddings;

/// <summary><c>POST /v1/embeddings</c>: one list object, whatever <c>stream</c> says.</summary>
internal sealed class EmbeddingDoor : IDoor
{
    public InferenceKind Kind => InferenceKind.Embedding;

    public bool MayResume => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body) => new(body, Fields(body));

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) => new ChatForm(firstId: null);

    /// <summary>What a request for embeddings says to the gateway: nothing is written, and never as a stream.</summary>
    public static ChatFields Fields(ReadOnlyMemory<byte> body)
    {
        var fields = ChatScanner.Scan(body.Span, EmbeddingFields.Table);
        (fields.Stream, fields.MaxTokens) = (false, 0);
        return fields;
    }
}
