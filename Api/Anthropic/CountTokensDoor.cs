using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// <c>POST /v1/messages/count_tokens</c>: by the length of the texts, as limits count a prompt before it is sent. No backend is asked, and the
/// answer says that it is an estimate.
/// </summary>
internal sealed class CountTokensDoor(MessagesDoor messages) : IDoor
{
    public InferenceKind Kind => messages.Kind;

    public bool MayResume => false;

    public DoorRequest Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        var asked = messages.Read(context, body, isAsked: false);
        var tokens = PromptLength.Tokens(asked.Fields.PromptBytes);
        return asked with
        {
            Reply = answered =>
            {
                answered.Response.Headers[AnthropicHeaders.Estimated] = "true";
                return JsonAnswer.WriteAsync(answered, json =>
                {
                    json.WriteStartObject();
                    json.WriteNumber("input_tokens", tokens);
                    json.WriteEndObject();
                });
            },
        };
    }

    public IAnswerForm Answer(HttpContext context, InferenceRequest request, string? streamId) => messages.Answer(context, request, streamId);
}
