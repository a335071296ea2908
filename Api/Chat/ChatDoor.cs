using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary><c>POST /v1/chat/completions</c>: the client's bytes go on as they are.</summary>
internal sealed class ChatDoor : IDoor
{
    public InferenceKind Kind => InferenceKind.Chat;

    public bool MayResume => true;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        var dropped = new List<string>();
        var betas = AnthropicBetas.Read(context.Request.Headers, dropped);
        return new DoorRequest(body, ChatScanner.Scan(body.Span)) { Dropped = dropped, AnthropicBeta = betas };
    }

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) => new ChatForm(streamId is null ? null : 1);
}
