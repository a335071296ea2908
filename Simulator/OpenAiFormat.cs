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
            $$"""data: {"id":"{{id}}","object":"chat.completion.chunk","created":{{created}},"model":{{JsonLiteral.Of(ask.Model)}},"choices":["""));
    }

    public override string StreamType => "text/event-stream";

    private ReadOnlySpan<byte> ChunkEnd => Ask.IncludeUsage ? "],\"usage\":null}\n\n"u8 : "]}\n\n"u8;

    public override void Begin(ReplyWriter to)
    {
        for (var choice = 0; choice < Ask.Choices; choice++)
        {
            StartChoice(to, choice);
            to.Write(""","delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}"""u8);
            to.Write(ChunkEnd);
        }
    }

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token) => Delta(to, "reasoning_content"u8, token);

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token) => Delta(to, "content"u8, token);

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
        for (var choice = 0; choice < Ask.Choices; choice++) Call(to, choice, index, name, arguments);
    }

    private void Call(ReplyWriter to, int choice, int index, string name, string arguments)
    {
        StartChoice(to, choice);
        to.Text($$$""","delta":{"tool_calls":[{"index":{{{index}}},"id":"{{{CallId(choice, index)}}}","type":"function","function":{"name":""");
        to.JsonString(name);
        to.Write(",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null}"u8);
        to.Write(ChunkEnd);
        for (var at = 0; at < arguments.Length;)
        {
            var end = Answer.NextToken(arguments, at);
            StartChoice(to, choice);
            to.Text($$$""","delta":{"tool_calls":[{"index":{{{index}}},"function":{"arguments":""");
            to.JsonString(arguments.AsSpan(at..end));
            to.Write("}}]},\"logprobs\":null,\"finish_reason\":null}"u8);
            to.Write(ChunkEnd);
            at = end;
        }
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        for (var choice = 0; choice < Ask.Choices && fault != FaultKind.MissingFinishReason; choice++)
        {
            StartChoice(to, choice);
            to.Text($$$""","delta":{},"logprobs":null,"finish_reason":"{{{Reason(answer)}}}"}""");
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
        for (var choice = 0; choice < Ask.Choices; choice++) WriteChoice(json, choice, answer, fault);
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

    private void WriteChoice(Utf8JsonWriter json, int choice, Answer answer, FaultKind? fault)
    {
        json.WriteStartObject();
        json.WriteNumber("index", choice);
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
                json.WriteString("id", CallId(choice, index));
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
        json.WritePropertyName("logprobs");
        json.WriteRawValue(Ask.TopLogprobs is { } top && answer.Calls.Count == 0 ? SimulatedLogprobs.OpenAi(answer.Text, top) : "null");
        if (fault != FaultKind.MissingFinishReason) json.WriteString("finish_reason", Reason(answer));
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

    private string CallId(int choice, int index) => choice == 0 ? $"call_{_id}_{index}" : $"call_{_id}_{choice}_{index}";

    private void Delta(ReplyWriter to, ReadOnlySpan<byte> field, ReadOnlySpan<char> token)
    {
        for (var choice = 0; choice < Ask.Choices; choice++)
        {
            StartChoice(to, choice);
            to.Write(",\"delta\":{\""u8);
            to.Write(field);
            to.Write("\":"u8);
            to.JsonString(token);
            to.Write("},"u8);
            to.Write("\"logprobs\":"u8);
            to.Text(Ask.TopLogprobs is { } top && field.SequenceEqual("content"u8) ? SimulatedLogprobs.OpenAi(token, top) : "null");
            to.Write(",\"finish_reason\":null}"u8);
            to.Write(ChunkEnd);
        }
    }

    /// <summary>A chunk as far as the index of its choice.</summary>
    private void StartChoice(ReplyWriter to, int choice)
    {
        to.Write(_head);
        to.Write("{\"index\":"u8);
        if (choice == 0) to.Write("0"u8);
        else to.Text(choice.ToString(CultureInfo.InvariantCulture));
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
