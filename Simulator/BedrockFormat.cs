using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansLlm.Simulator;

/// <summary>Bedrock's reply: messages of AWS's event stream with one JSON object each; see its API reference, "ConverseStream".</summary>
internal sealed class BedrockFormat(Ask ask, string id) : ReplyFormat(ask)
{
    private int _block = -1;
    private string? _open;

    public override string StreamType => "application/vnd.amazon.eventstream";

    public override void Begin(ReplyWriter to) => Event(to, "messageStart", """{"p":"abcdefgh","role":"assistant"}""");

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token)
    {
        Open(to, "thought");
        Delta(to, $$$"""{"reasoningContent":{"text":{{{JsonLiteral.Of(token.ToString())}}}}}""");
    }

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token)
    {
        Open(to, "text");
        Delta(to, $$"""{"text":{{JsonLiteral.Of(token.ToString())}}}""");
    }

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
        Close(to);
        (_open, _block) = ("call", _block + 1);
        Event(to, "contentBlockStart", $$$$"""{"contentBlockIndex":{{{{_block}}}},"start":{"toolUse":{"name":{{{{JsonLiteral.Of(name)}}}},"toolUseId":"{{{{CallId(index)}}}}"}}}""");
        for (var at = 0; at < arguments.Length;)
        {
            var end = Answer.NextToken(arguments, at);
            Delta(to, $$$"""{"toolUse":{"input":{{{JsonLiteral.Of(arguments[at..end])}}}}}""");
            at = end;
        }
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        Close(to);
        if (fault != FaultKind.MissingFinishReason) Event(to, "messageStop", $$"""{"stopReason":"{{Reason(answer)}}"}""");
        if (fault != FaultKind.OmitUsage) Event(to, "metadata", $$$"""{"metrics":{"latencyMs":1},"usage":{{{Usage(cost)}}}}""");
    }

    public override void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        var blocks = new List<string>();
        if (answer.Thinking.Length > 0) blocks.Add($$$$"""{"reasoningContent":{"reasoningText":{"text":{{{{JsonLiteral.Of(answer.Thinking)}}}},"signature":"sim-signature"}}}""");
        if (answer.Calls.Count == 0) blocks.Add($$"""{"text":{{JsonLiteral.Of(answer.Text)}}}""");
        for (var index = 0; index < answer.Calls.Count; index++)
            blocks.Add($$$"""{"toolUse":{"toolUseId":"{{{CallId(index)}}}","name":{{{JsonLiteral.Of(answer.Calls[index].Name)}}},"input":{{{answer.Calls[index].Arguments}}}}}""");
        var reason = fault == FaultKind.MissingFinishReason ? "" : $",\"stopReason\":\"{Reason(answer)}\"";
        var usage = fault == FaultKind.OmitUsage ? "" : ",\"usage\":" + Usage(cost);
        to.Text($$$"""{"metrics":{"latencyMs":1},"output":{"message":{"content":[{{{string.Join(',', blocks)}}}],"role":"assistant"}}{{{reason}}}{{{usage}}}}""");
    }

    public override void ErrorEvent(ReplyWriter to, string message) =>
        to.Write(EventStreamWriter.Exception("internalServerException", Encoding.UTF8.GetBytes($$"""{"message":{{JsonLiteral.Of(message)}}}""")));

    public override void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true)
    {
        var message = EventStreamWriter.Event("contentBlockDelta", bytes);
        // What never ends has no checksum behind it.
        to.Write(endOfLine ? message : message.AsSpan(..^4));
    }

    public override Task WriteErrorAsync(HttpContext http, RefusedException refused) => RefuseAsync(http, refused);

    public static async Task RefuseAsync(HttpContext http, RefusedException refused)
    {
        http.Response.StatusCode = refused.Status;
        http.Response.ContentType = "application/json";
        http.Response.Headers["x-amzn-RequestId"] = "simulated";
        var type = refused.Type.EndsWith("Exception", StringComparison.Ordinal) ? refused.Type
            : refused.Status switch { 400 => "ValidationException", 404 => "ResourceNotFoundException", 429 => "ThrottlingException", 503 => "ServiceUnavailableException", _ => "InternalServerException" };
        http.Response.Headers["x-amzn-ErrorType"] = type + ":http://internal.amazon.com/coral/com.amazon.bedrock/";
        var to = new ReplyWriter(http.Response.BodyWriter, null);
        to.Write("{\"message\":"u8);
        to.JsonString(refused.Message);
        to.Write("}"u8);
        await to.FlushAsync(http.RequestAborted);
    }

    private static string Reason(Answer answer) => answer.Calls.Count > 0 ? "tool_use" : answer.IsCut ? "max_tokens" : "end_turn";

    private string CallId(int index) => string.Create(CultureInfo.InvariantCulture, $"tooluse_{id}_{index}");

    private static string Usage(Cost cost) => $$"""{"inputTokens":{{cost.PromptTokens}},"outputTokens":{{cost.AnswerTokens}},"totalTokens":{{cost.PromptTokens + cost.AnswerTokens}}}""";

    private void Open(ReplyWriter to, string kind)
    {
        if (_open == kind) return;
        Close(to);
        (_open, _block) = (kind, _block + 1);
    }

    private void Close(ReplyWriter to)
    {
        if (_open is null) return;
        if (_open == "thought") Delta(to, """{"reasoningContent":{"signature":"sim-signature"}}""");
        Event(to, "contentBlockStop", $$"""{"contentBlockIndex":{{_block}}}""");
        _open = null;
    }

    private void Delta(ReplyWriter to, string delta) => Event(to, "contentBlockDelta", $$"""{"contentBlockIndex":{{_block}},"delta":{{delta}},"p":"abc"}""");

    private static void Event(ReplyWriter to, string name, string payload) => to.Write(EventStreamWriter.Event(name, Encoding.UTF8.GetBytes(payload)));
}
