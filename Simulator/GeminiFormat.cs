using System.Buffers;

namespace OrleansLlm.Simulator;

/// <summary>Gemini's reply: every event is a whole GenerateContentResponse, and lines end in CRLF.</summary>
internal sealed class GeminiFormat(Ask ask, string id) : ReplyFormat(ask)
{
    public override string StreamType => "text/event-stream";

    public override void Begin(ReplyWriter to)
    {
    }

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token) => Part(to, "{\"thought\":true,\"text\":"u8, token);

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token) => Part(to, "{\"text\":"u8, token);

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
        to.Write("data: {\"candidates\":[{\"content\":{\"parts\":["u8);
        to.Text(CallPart(index, name, arguments));
        to.Write("],\"role\":\"model\"},\"index\":0}],"u8);
        Tail(to, "");
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        if (fault == FaultKind.MissingFinishReason) return;
        to.Write("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},"u8);
        to.Text($"\"finishReason\":\"{Reason(answer)}\",\"index\":0}}],");
        Tail(to, fault == FaultKind.OmitUsage ? "" : Usage(cost) + ",");
    }

    public override void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        var parts = new List<string>();
        if (answer.Thinking.Length > 0) parts.Add($$"""{"thought":true,"text":{{JsonLiteral.Of(answer.Thinking)}}}""");
        if (answer.Calls.Count == 0) parts.Add($$"""{"text":{{JsonLiteral.Of(answer.Text)}}}""");
        for (var index = 0; index < answer.Calls.Count; index++) parts.Add(CallPart(index, answer.Calls[index].Name, answer.Calls[index].Arguments));
        var reason = fault == FaultKind.MissingFinishReason ? "" : $"\"finishReason\":\"{Reason(answer)}\",";
        var usage = fault == FaultKind.OmitUsage ? "" : Usage(cost) + ",";
        to.Text($$$"""{"candidates":[{"content":{"parts":[{{{string.Join(',', parts)}}}],"role":"model"},{{{reason}}}"index":0}],{{{usage}}}"modelVersion":{{{JsonLiteral.Of(Ask.Model)}}},"responseId":"{{{id}}}"}""");
    }

    public override void ErrorEvent(ReplyWriter to, string message)
    {
        to.Write("data: {\"error\":{\"code\":500,\"message\":"u8);
        to.JsonString(message);
        to.Write(",\"status\":\"INTERNAL\"}}\r\n\r\n"u8);
    }

    public override void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true)
    {
        to.Write("data: "u8);
        to.Write(bytes);
        if (endOfLine) to.Write("\r\n\r\n"u8);
    }

    public override Task WriteErrorAsync(HttpContext http, RefusedException refused) => WriteErrorAsync(http, refused.Status, refused.Message);

    public static async Task WriteErrorAsync(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=UTF-8";
        var name = status switch { 400 => "INVALID_ARGUMENT", 401 => "UNAUTHENTICATED", 403 => "PERMISSION_DENIED", 404 => "NOT_FOUND", 429 => "RESOURCE_EXHAUSTED", 503 => "UNAVAILABLE", _ => "INTERNAL" };
        var to = new ReplyWriter(http.Response.BodyWriter, null);
        to.Text($$$"""{"error":{"code":{{{status}}},"message":""");
        to.JsonString(message);
        to.Text(",\"status\":\"" + name + "\"}}");
        await to.FlushAsync(http.RequestAborted);
    }

    private static string Reason(Answer answer) => answer.IsCut ? "MAX_TOKENS" : "STOP";

    /// <summary>The first call of an answer carries the signature of the thoughts that led to it.</summary>
    private static string CallPart(int index, string name, string arguments) =>
        "{\"functionCall\":{\"name\":" + JsonLiteral.Of(name) + ",\"args\":" + arguments + "}"
        + (index == 0 ? ",\"thoughtSignature\":\"c2ltdWxhdGVk\"}" : "}");

    private static string Usage(Cost cost) =>
        $$"""
        "usageMetadata":{"promptTokenCount":{{cost.PromptTokens}},"candidatesTokenCount":{{cost.AnswerTokens}},"totalTokenCount":{{cost.PromptTokens + cost.AnswerTokens}}}
        """;

    private void Part(ReplyWriter to, ReadOnlySpan<byte> begin, ReadOnlySpan<char> token)
    {
        to.Write("data: {\"candidates\":[{\"content\":{\"parts\":["u8);
        to.Write(begin);
        to.JsonString(token);
        to.Write("}],\"role\":\"model\"},\"index\":0}],"u8);
        Tail(to, "");
    }

    private void Tail(ReplyWriter to, string usage)
    {
        to.Text(usage);
        to.Text("\"modelVersion\":" + JsonLiteral.Of(Ask.Model) + ",\"responseId\":\"" + id + "\"}\r\n\r\n");
    }
}
