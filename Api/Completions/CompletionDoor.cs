using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Completions;

/// <summary><c>POST /v1/completions</c>: the client's bytes go on as they are, and <c>text_completion</c> chunks come back.</summary>
internal sealed class CompletionDoor : IDoor
{
    public InferenceKind Kind => InferenceKind.Completion;

    public bool MayResume => true;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body) => new(body, ChatScanner.Scan(body.Span, CompletionFields.Table));

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) => new ChatForm(streamId is null ? null : 1);
}
