using System.Buffers;

namespace OrleansLlm.Simulator;

/// <summary>OpenAI's legacy text completion: the same object, streamed or not.</summary>
internal sealed class CompletionFormat(Ask ask, string id, long created) : ReplyFormat(ask)
{
    public override string StreamType => "text/event-stream";

    public override void Begin(ReplyWriter to)
    {
    }

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token)
    {
    }

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token) => Event(to, token, null, null);

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        if (fault != FaultKind.MissingFinishReason) Event(to, "", answer.IsCut ? "length" : "stop", null);
        if (Ask.IncludeUsage && fault != FaultKind.OmitUsage) Event(to, "", null, cost, hasChoice: false);
        if (fault != FaultKind.MissingDone) to.Write("data: [DONE]\n\n"u8);
    }

    public override void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault) =>
        Object(to, answer.Text, answer.IsCut ? "length" : "stop", cost);

    public override void ErrorEvent(ReplyWriter to, string message) => new OpenAiFormat(Ask, id, created).ErrorEvent(to, message);

    public override void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true) =>
        new OpenAiFormat(Ask, id, created).Broken(to, bytes, endOfLine);

    public override Task WriteErrorAsync(HttpContext http, RefusedException refused) => OpenAiErrors.WriteAsync(http, refused);

    private void Event(ReplyWriter to, ReadOnlySpan<char> text, string? reason, Cost? cost, bool hasChoice = true)
    {
        to.Write("data: "u8);
        Object(to, text, reason, cost, hasChoice);
        to.Write("\n\n"u8);
    }

    private void Object(ReplyWriter to, ReadOnlySpan<char> text, string? reason, Cost? cost, bool hasChoice = true)
    {
        using var json = Json(to);
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", "text_completion");
        json.WriteNumber("created", created);
        json.WriteString("model", Ask.Model);
        json.WriteStartArray("choices");
        if (hasChoice)
        {
            json.WriteStartObject();
            json.WriteNumber("index", 0);
            json.WriteString("text", text);
            json.WriteNull("logprobs");
            json.WriteString("finish_reason", reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (cost is { } known)
        {
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", known.PromptTokens);
            json.WriteNumber("completion_tokens", known.AnswerTokens);
            json.WriteNumber("total_tokens", known.PromptTokens + known.AnswerTokens);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
