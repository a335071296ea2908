using System.Buffers;
using System.Globalization;

namespace OrleansLlm.Simulator;

/// <summary>The reply of OpenAI's Responses API: numbered events around items of output; see its reference, "Streaming events".</summary>
internal sealed class ResponsesFormat(Ask ask, string id, long created) : ReplyFormat(ask)
{
    private int _sequence, _place = -1;
    private string? _open;
    private string _text = "";

    public override string StreamType => "text/event-stream; charset=utf-8";

    public override void Begin(ReplyWriter to)
    {
        Event(to, "response.created", "\"response\":" + Response("in_progress", "[]", "null", null));
        Event(to, "response.in_progress", "\"response\":" + Response("in_progress", "[]", "null", null));
    }

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token)
    {
        Open(to, "reasoning");
        _text += token.ToString();
        Event(to, "response.reasoning_summary_text.delta", $"{Item()},\"summary_index\":0,\"delta\":{JsonLiteral.Of(token.ToString())}");
    }

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token)
    {
        Open(to, "message");
        _text += token.ToString();
        Event(to, "response.output_text.delta", $"{Item()},\"content_index\":0,\"delta\":{JsonLiteral.Of(token.ToString())},\"logprobs\":[],\"obfuscation\":\"x1y2\"");
    }

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
        CloseItem(to);
        _place++;
        Event(to, "response.output_item.added", $"\"output_index\":{_place},\"item\":{CallItem(index, name, "", "in_progress")}");
        for (var at = 0; at < arguments.Length;)
        {
            var end = Answer.NextToken(arguments, at);
            Event(to, "response.function_call_arguments.delta", $"{Item("fc")},\"delta\":{JsonLiteral.Of(arguments[at..end])}");
            at = end;
        }

        Event(to, "response.function_call_arguments.done", $"{Item("fc")},\"arguments\":{JsonLiteral.Of(arguments)}");
        Event(to, "response.output_item.done", $"\"output_index\":{_place},\"item\":{CallItem(index, name, arguments, "completed")}");
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        CloseItem(to);
        if (fault is FaultKind.MissingFinishReason or FaultKind.MissingDone) return;
        Event(to, answer.IsCut ? "response.incomplete" : "response.completed", "\"response\":" + Response(answer, cost, fault));
    }

    public override void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault) => to.Text(Response(answer, cost, fault));

    public override void ErrorEvent(ReplyWriter to, string message) =>
        Event(to, "error", $"\"code\":\"server_error\",\"message\":{JsonLiteral.Of(message)},\"param\":null");

    public override void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true)
    {
        to.Write("event: response.output_text.delta\ndata: "u8);
        to.Write(bytes);
        if (endOfLine) to.Write("\n\n"u8);
    }

    public override Task WriteErrorAsync(HttpContext http, RefusedException refused) => OpenAiErrors.WriteAsync(http, refused);

    private string Response(Answer answer, Cost cost, FaultKind? fault)
    {
        var output = new List<string>();
        if (answer.Thinking.Length > 0) output.Add(TextItem("reasoning", answer.Thinking, "completed"));
        if (answer.Calls.Count == 0) output.Add(TextItem("message", answer.Text, "completed"));
        for (var index = 0; index < answer.Calls.Count; index++) output.Add(CallItem(index, answer.Calls[index].Name, answer.Calls[index].Arguments, "completed"));
        var usage = fault == FaultKind.OmitUsage ? "null" : string.Create(CultureInfo.InvariantCulture,
            $$"""{"input_tokens":{{cost.PromptTokens}},"input_tokens_details":{"cached_tokens":0},"output_tokens":{{cost.AnswerTokens}},"output_tokens_details":{"reasoning_tokens":0},"total_tokens":{{cost.PromptTokens + cost.AnswerTokens}}}""");
        return Response(answer.IsCut ? "incomplete" : "completed", "[" + string.Join(',', output) + "]", usage, answer.IsCut ? "max_output_tokens" : null);
    }

    private string Response(string status, string output, string usage, string? incomplete) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"{{id}}","object":"response","created_at":{{created}},"status":"{{status}}","error":null,"incomplete_details":{{(incomplete is null ? "null" : $"{{\"reason\":\"{incomplete}\"}}")}},"instructions":null,"model":{{JsonLiteral.Of(Ask.Model)}},"output":{{output}},"parallel_tool_calls":true,"store":false,"tools":[],"usage":{{usage}}}""");

    private void Open(ReplyWriter to, string type)
    {
        if (_open == type) return;
        CloseItem(to);
        (_open, _text) = (type, "");
        _place++;
        Event(to, "response.output_item.added", $"\"output_index\":{_place},\"item\":{TextItem(type, null, "in_progress")}");
        if (type == "message") Event(to, "response.content_part.added", Item() + ",\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}");
        else Event(to, "response.reasoning_summary_part.added", Item() + ",\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"\"}");
    }

    private void CloseItem(ReplyWriter to)
    {
        if (_open is null) return;
        if (_open == "message") Event(to, "response.output_text.done", $"{Item()},\"content_index\":0,\"text\":{JsonLiteral.Of(_text)},\"logprobs\":[]");
        else Event(to, "response.reasoning_summary_text.done", $"{Item()},\"summary_index\":0,\"text\":{JsonLiteral.Of(_text)}");
        Event(to, "response.output_item.done", $"\"output_index\":{_place},\"item\":{TextItem(_open, _text, "completed")}");
        _open = null;
    }

    private string Item(string? kind = null) => string.Create(CultureInfo.InvariantCulture, $"\"item_id\":\"{kind ?? (_open == "message" ? "msg" : "rs")}_{_place}\",\"output_index\":{_place}");

    /// <param name="text">Null: it has only begun.</param>
    private string TextItem(string type, string? text, string status)
    {
        var (prefix, list, part) = type == "message" ? ("msg", "content", "output_text") : ("rs", "summary", "summary_text");
        var parts = text is null ? "" : $$"""{"type":"{{part}}","text":{{JsonLiteral.Of(text)}}{{(type == "message" ? ",\"annotations\":[]" : "")}}}""";
        return $$"""{"id":"{{prefix}}_{{_place}}","type":"{{type}}"{{(type == "message" ? ",\"role\":\"assistant\"" : "")}},"status":"{{status}}","{{list}}":[{{parts}}]}""";
    }

    private string CallItem(int index, string name, string arguments, string status) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"fc_{{_place}}","type":"function_call","status":"{{status}}","call_id":"call_{{id}}_{{index}}","name":{{JsonLiteral.Of(name)}},"arguments":{{JsonLiteral.Of(arguments)}}}""");

    private void Event(ReplyWriter to, string type, string members) =>
        to.Text(string.Create(CultureInfo.InvariantCulture, $"event: {type}\ndata: {{\"type\":\"{type}\",\"sequence_number\":{_sequence++},{members}}}\n\n"));
}
