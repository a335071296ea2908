using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>OpenAI's chat completion: SSE chunks, role first, [DONE] last; see the API reference, "Chat completion chunk".</summary>
internal sealed class OpenAiFormat : ReplyFormat
{
    private readonly string _id;
    private readonly long _created;
    private readonly byte[] _head;

    public OpenAiFormat(Ask ask, string id, long created) : base(ask)
    {
        (_id, _created) = (id, created);
        _head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""data: {"id":"{{id}}","object":"chat.completion.chunk","created":{{created}},"model":{{JsonSerializer.Serialize(ask.Model)}},"choices":["""));
    }

    public override string StreamType => "text/event-stream";

    private ReadOnlySpan<byte> ChunkEnd => Ask.IncludeUsage ? "],\"usage\":null}\n\n"u8 : "]}\n\n"u8;

    public override void Begin(ReplyWriter to) =>
        Chunk(to, """{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}"""u8);

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token) => Delta(to, "reasoning_content"u8, token);

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token) => Delta(to, "content"u8, token);

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
        to.Write(_head);
        to.Text($$$"""{"index":0,"delta":{"tool_calls":[{"index":{{{index}}},"id":"call_{{{_id}}}_{{{index}}}","type":"function","function":{"name":""");
        to.JsonString(name);
        to.Write(",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null}"u8);
        to.Write(ChunkEnd);
        for (var at = 0; at < arguments.Length;)
        {
            var end = Answer.NextToken(arguments, at);
            to.Write(_head);
            to.Text($$$"""{"index":0,"delta":{"tool_calls":[{"index":{{{index}}},"function":{"arguments":""");
            to.JsonString(arguments.AsSpan(at..end));
            to.Write("}}]},\"logprobs\":null,\"finish_reason\":null}"u8);
            to.Write(ChunkEnd);
            at = end;
        }
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        if (fault != FaultKind.MissingFinishReason)
        {
            to.Write(_head);
            to.Text($$$"""{"index":0,"delta":{},"logprobs":null,"finish_reason":"{{{Reason(answer)}}}"}""");
            to.Write(ChunkEnd);
        }

        if (Ask.IncludeUsage && fault != FaultKind.OmitUsage)
        {
            to.Write(_head);
            to.Text($$$"""],"usage":{"prompt_tokens":{{{cost.PromptTokens}}},"completion_tokens":{{{cost.AnswerTokens}}},"total_tokens":{{{cost.PromptTokens + cost.AnswerTokens}}}}}""");
            to.Write("\n\n"u8);
        }

        if (fault != FaultKind.MissingDone) to.Write("data: [DONE]\n\n"u8);
    }

    public override void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        using var json = Json(to);
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "chat.completion");
        json.WriteNumber("created", _created);
        json.WriteString("model", Ask.Model);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        if (answer.Calls.Count > 0) json.WriteNull("content");
        else json.WriteString("content", answer.Text);
        json.WriteNull("refusal");
        if (answer.Thinking.Length > 0) json.WriteString("reasoning_content", answer.Thinking);
        if (answer.Calls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            for (var index = 0; index < answer.Calls.Count; index++)
            {
                json.WriteStartObject();
                json.WriteString("id", $"call_{_id}_{index}");
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", answer.Calls[index].Name);
                json.WriteString("arguments", answer.Calls[index].Arguments);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteNull("logprobs");
        if (fault != FaultKind.MissingFinishReason) json.WriteString("finish_reason", Reason(answer));
        json.WriteEndObject();
        json.WriteEndArray();
        if (fault != FaultKind.OmitUsage)
        {
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", cost.PromptTokens);
            json.WriteNumber("completion_tokens", cost.AnswerTokens);
            json.WriteNumber("total_tokens", cost.PromptTokens + cost.AnswerTokens);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public override void ErrorEvent(ReplyWriter to, string message)
    {
        to.Write("data: {\"error\":{\"message\":"u8);
        to.JsonString(message);
        to.Write(",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n"u8);
    }

    public override void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true)
    {
        to.Write("data: "u8);
        to.Write(bytes);
        if (endOfLine) to.Write("\n\n"u8);
    }

    public override Task WriteErrorAsync(HttpContext http, RefusedException refused) => OpenAiErrors.WriteAsync(http, refused);

    private static string Reason(Answer answer) => answer.Calls.Count > 0 ? "tool_calls" : answer.IsCut ? "length" : "stop";

    private void Delta(ReplyWriter to, ReadOnlySpan<byte> field, ReadOnlySpan<char> token)
    {
        to.Write(_head);
        to.Write("{\"index\":0,\"delta\":{\""u8);
        to.Write(field);
        to.Write("\":"u8);
        to.JsonString(token);
        to.Write("},\"logprobs\":null,\"finish_reason\":null}"u8);
        to.Write(ChunkEnd);
    }

    private void Chunk(ReplyWriter to, ReadOnlySpan<byte> choice)
    {
        to.Write(_head);
        to.Write(choice);
        to.Write(ChunkEnd);
    }
}

/// <summary>OpenAI's error object.</summary>
internal static class OpenAiErrors
{
    public static async Task WriteAsync(HttpContext http, RefusedException refused)
    {
        http.Response.StatusCode = refused.Status;
        http.Response.ContentType = "application/json";
        var to = new ReplyWriter(http.Response.BodyWriter, null);
        using (var json = new Utf8JsonWriter(to, ReplyWriter.JsonOptions))
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("message", refused.Message);
            json.WriteString("type", refused.Type);
            json.WriteString("param", refused.Param);
            json.WriteString("code", refused.Code);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        await to.FlushAsync(http.RequestAborted);
    }
}
