using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansLlm.Simulator;

/// <summary>Ollama's native reply: one JSON object per line; durations in nanoseconds, zero numbers left out (Go's omitempty).</summary>
internal sealed class OllamaFormat : ReplyFormat
{
    private readonly bool _generate;
    private readonly TimeProvider _time;
    private readonly byte[] _head;

    public OllamaFormat(Ask ask, bool generate, TimeProvider time) : base(ask)
    {
        (_generate, _time) = (generate, time);
        _head = Encoding.UTF8.GetBytes($$"""{"model":{{JsonLiteral.Of(ask.Model)}},"created_at":"{{Now()}}",""");
    }

    public override string StreamType => "application/x-ndjson";

    public override void Begin(ReplyWriter to)
    {
    }

    public override void Thought(ReplyWriter to, ReadOnlySpan<char> token)
    {
        to.Write(_head);
        to.Write(_generate ? "\"response\":\"\",\"thinking\":"u8 : "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":"u8);
        to.JsonString(token);
        to.Write(_generate ? ",\"done\":false}\n"u8 : "},\"done\":false}\n"u8);
    }

    public override void Token(ReplyWriter to, ReadOnlySpan<char> token)
    {
        to.Write(_head);
        to.Write(_generate ? "\"response\":"u8 : "\"message\":{\"role\":\"assistant\",\"content\":"u8);
        to.JsonString(token);
        if (!_generate) to.Write("}"u8);
        Logprobs(to, token);
        to.Write(",\"done\":false}\n"u8);
    }

    public override void Call(ReplyWriter to, int index, string name, string arguments)
    {
        to.Write(_head);
        to.Write("\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["u8);
        CallObject(to, index, name, arguments);
        to.Write("]},\"done\":false}\n"u8);
    }

    public override void Finish(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        if (fault == FaultKind.MissingFinishReason) return;
        to.Write(_head);
        to.Write(_generate ? "\"response\":\"\""u8 : "\"message\":{\"role\":\"assistant\",\"content\":\"\"}"u8);
        Done(to, answer.IsCut ? "length" : "stop", cost, fault);
        to.Write("\n"u8);
    }

    public override void Whole(ReplyWriter to, Answer answer, Cost cost, FaultKind? fault)
    {
        to.Write(_head);
        to.Write(_generate ? "\"response\":"u8 : "\"message\":{\"role\":\"assistant\",\"content\":"u8);
        to.JsonString(answer.Text);
        if (answer.Thinking.Length > 0)
        {
            to.Write(",\"thinking\":"u8);
            to.JsonString(answer.Thinking);
        }

        for (var index = 0; index < answer.Calls.Count; index++)
        {
            to.Write(index == 0 ? ",\"tool_calls\":["u8 : ","u8);
            CallObject(to, index, answer.Calls[index].Name, answer.Calls[index].Arguments);
        }

        if (answer.Calls.Count > 0) to.Write("]"u8);
        if (!_generate) to.Write("}"u8);
        if (answer.Calls.Count == 0) Logprobs(to, answer.Text);
        Done(to, answer.IsCut ? "length" : "stop", cost, fault);
    }

    /// <summary>The reply to a request without a prompt.</summary>
    public void LoadDone(ReplyWriter to, bool unload)
    {
        to.Write(_head);
        to.Write(_generate ? "\"response\":\"\""u8 : "\"message\":{\"role\":\"assistant\",\"content\":\"\"}"u8);
        to.Text($$""","done":true,"done_reason":"{{(unload ? "unload" : "load")}}"}""");
        if (Ask.Stream) to.Write("\n"u8);
    }

    public override void ErrorEvent(ReplyWriter to, string message)
    {
        to.Write("{\"error\":"u8);
        to.JsonString(message);
        to.Write("}\n"u8);
    }

    public override void Broken(ReplyWriter to, ReadOnlySpan<byte> bytes, bool endOfLine = true)
    {
        to.Write(bytes);
        if (endOfLine) to.Write("\n"u8);
    }

    public override Task WriteErrorAsync(HttpContext http, RefusedException refused) => WriteErrorAsync(http, refused.Status, refused.Message);

    public static async Task WriteErrorAsync(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        var to = new ReplyWriter(http.Response.BodyWriter, null);
        to.Write("{\"error\":"u8);
        to.JsonString(message);
        to.Write("}"u8);
        await to.FlushAsync(http.RequestAborted);
    }

    private void Logprobs(ReplyWriter to, ReadOnlySpan<char> text)
    {
        if (Ask.TopLogprobs is { } top) to.Text($",\"logprobs\":{SimulatedLogprobs.Entries(text, top)}");
    }

    private static void CallObject(ReplyWriter to, int index, string name, string arguments)
    {
        to.Text($$$"""{"function":{"index":{{{index}}},"name":""");
        to.JsonString(name);
        to.Write(",\"arguments\":"u8);
        to.Text(arguments);
        to.Write("}}"u8);
    }

    private static void Done(ReplyWriter to, string reason, Cost cost, FaultKind? fault)
    {
        to.Text($$""","done":true,"done_reason":"{{reason}}" """.TrimEnd());
        if (fault != FaultKind.OmitUsage)
        {
            Number(to, "total_duration", Nanoseconds(cost.Total));
            Number(to, "load_duration", Nanoseconds(cost.Load));
            Number(to, "prompt_eval_count", cost.PromptTokens);
            Number(to, "prompt_eval_duration", Nanoseconds(cost.PromptEval));
            Number(to, "eval_count", cost.AnswerTokens);
            Number(to, "eval_duration", Nanoseconds(cost.Eval));
        }

        to.Write("}"u8);
    }

    private static void Number(ReplyWriter to, string name, long value)
    {
        if (value != 0) to.Text(string.Create(CultureInfo.InvariantCulture, $",\"{name}\":{value}"));
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    private string Now() => _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff00'Z'", CultureInfo.InvariantCulture);
}
