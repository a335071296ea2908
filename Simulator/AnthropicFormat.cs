using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>Anthropic's reply: named events, content in blocks; see its API reference, "Streaming messages".</summary>
internal sealed class AnthropicFormat(Ask ask, string id) : ReplyFormat(ask)
{
    private int _block = -1;
    private string? _open;

    public override string StreamType => "text/event-stream; charset=utf-8";

    public override void Begin(ReplyWriter to)
    {
        Event(to, "message_start", $$$$"""{"type":"message_start","message":{"id":"{{{{id}}}}","type":"message","role":"assistant","model":{{{{JsonLiteral.Of(Ask.Model)}}}},"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":{{{{Ask.PromptTokens}}}},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}""");
        Event(to, "ping", """{"type": "ping"}""");
    }

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token)
    {
        Open(to, "thinking", """{"type":"thinking","thinking":"","signature":""}""");
        Delta(to, "{\"type\":\"thinking_delta\",\"thinking\":"u8, token);
    }

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token)
    {
        Open(to, "text", """{"type":"text","text":""}""");
        Delta(to, "{\"type\":\"text_delta\",\"text\":"u8, token);
    }

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
        Open(to, "tool_use" + index.ToString(CultureInfo.InvariantCulture),
            "{\"type\":\"tool_use\",\"id\":\"" + CallId(index) + "\",\"name\":" + JsonLiteral.Of(name) + ",\"input\":{}}");
        Delta(to, "{\"type\":\"input_json_delta\",\"partial_json\":"u8, "");
        for (var at = 0; at < arguments.Length;)
        {
            var end = Answer.NextToken(arguments, at);
            Delta(to, "{\"type\":\"input_json_delta\",\"partial_json\":"u8, arguments.AsSpan(at..end));
            at = end;
        }
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        CloseBlock(to);
        var usage = fault == FaultKind.OmitUsage ? "" : $$""","usage":{"output_tokens":{{cost.AnswerTokens}}}""";
        if (fault != FaultKind.MissingFinishReason)
            Event(to, "message_delta", $$$$"""{"type":"message_delta","delta":{"stop_reason":"{{{{Reason(answer)}}}}","stop_sequence":null}{{{{usage}}}}}""");
        if (fault != FaultKind.MissingDone) Event(to, "message_stop", """{"type":"message_stop"}""");
    }

    public override void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        using var json = Json(to);
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", Ask.Model);
        json.WriteStartArray("content");
        if (answer.Thinking.Length > 0) WriteBlock(json, "thinking", "thinking", answer.Thinking, "signature", "sim-signature");
        if (answer.Calls.Count == 0) WriteBlock(json, "text", "text", answer.Text);
        for (var index = 0; index < answer.Calls.Count; index++)
        {
            json.WriteStartObject();
            json.WriteString("type", "tool_use");
            json.WriteString("id", CallId(index));
            json.WriteString("name", answer.Calls[index].Name);
            json.WritePropertyName("input");
            json.WriteRawValue(answer.Calls[index].Arguments);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (fault != FaultKind.MissingFinishReason) json.WriteString("stop_reason", Reason(answer));
        json.WriteNull("stop_sequence");
        if (fault != FaultKind.OmitUsage)
        {
            json.WriteStartObject("usage");
            json.WriteNumber("input_tokens", cost.PromptTokens);
            json.WriteNumber("output_tokens", cost.AnswerTokens);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public override void ErrorEvent(ReplyWriter to, string message)
    {
        to.Write("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":"u8);
        to.JsonString(message);
        to.Write("}}\n\n"u8);
    }

    public override void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true)
    {
        to.Write("event: content_block_delta\ndata: "u8);
        to.Write(bytes);
        if (endOfLine) to.Write("\n\n"u8);
    }

    public override Task WriteErrorAsync(HttpContext http, RefusedException refused) => WriteErrorAsync(http, refused.Status, refused.Message);

    public static async Task WriteErrorAsync(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.Headers["request-id"] = "req_simulated";
        var type = status switch { 400 => "invalid_request_error", 401 => "authentication_error", 404 => "not_found_error", 429 => "rate_limit_error", 503 or 529 => "overloaded_error", _ => "api_error" };
        var to = new ReplyWriter(http.Response.BodyWriter, null);
        to.Text($$$"""{"type":"error","error":{"type":"{{{type}}}","message":""");
        to.JsonString(message);
        to.Write("},\"request_id\":\"req_simulated\"}"u8);
        await to.FlushAsync(http.RequestAborted);
    }

    private static string Reason(Answer answer) => answer.Calls.Count > 0 ? "tool_use" : answer.IsCut ? "max_tokens" : "end_turn";

    private string CallId(int index) => string.Create(CultureInfo.InvariantCulture, $"toolu_{id}_{index}");

    private void Open(ReplyWriter to, string kind, string block)
    {
        if (_open == kind) return;
        CloseBlock(to);
        (_open, _block) = (kind, _block + 1);
        Event(to, "content_block_start", $$"""{"type":"content_block_start","index":{{_block}},"content_block":{{block}}}""");
    }

    private void CloseBlock(ReplyWriter to)
    {
        if (_open is null) return;
        if (_open == "thinking") Delta(to, "{\"type\":\"signature_delta\",\"signature\":"u8, "sim-signature");
        Event(to, "content_block_stop", $$"""{"type":"content_block_stop","index":{{_block}}}""");
        _open = null;
    }

    private void Delta(ReplyWriter to, ReadOnlySpan<byte> begin, ReadOnlySpan<char> text)
    {
        to.Text($$"""
            event: content_block_delta
            data: {"type":"content_block_delta","index":{{_block}},"delta":
            """.ReplaceLineEndings("\n"));
        to.Write(begin);
        to.JsonString(text);
        to.Write("}}\n\n"u8);
    }

    private static void Event(ReplyWriter to, string name, string data) => to.Text($"event: {name}\ndata: {data}\n\n");

    private static void WriteBlock(Utf8JsonWriter json, string type, params ReadOnlySpan<string> members)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        for (var at = 0; at < members.Length; at += 2) json.WriteString(members[at], members[at + 1]);
        json.WriteEndObject();
    }
}
