using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace OrleansLlm.Simulator.Prepared;

/// <summary>
/// The bytes of an answer, HTTP head and framing included, made once. A stream has a part for each token: the first one brings the head, the
/// last one the end.
/// </summary>
internal sealed class PreparedAnswer
{
    private static readonly ConcurrentDictionary<(bool, bool, bool, int), PreparedAnswer> Known = new();
    private static readonly string[] Words = [" the", " answer", " is", " prepared", " before", " anyone", " has", " asked"];

    private readonly int[] _ends;

    private PreparedAnswer(List<string> parts)
    {
        _ends = new int[parts.Count];
        for (var i = 0; i < parts.Count; i++) _ends[i] = (i == 0 ? 0 : _ends[i - 1]) + Encoding.UTF8.GetByteCount(parts[i]);
        Bytes = Encoding.UTF8.GetBytes(string.Concat(parts));
    }

    public byte[] Bytes { get; }

    public int Parts => _ends.Length;

    public ReadOnlySpan<byte> Part(int index) => Bytes.AsSpan(index == 0 ? 0 : _ends[index - 1], _ends[index] - (index == 0 ? 0 : _ends[index - 1]));

    public static PreparedAnswer For(PreparedWish wish) =>
        Known.GetOrAdd((wish.IsOllama, wish.Stream, wish.Usage, wish.Tokens), static (_, wish) => new PreparedAnswer(wish.Stream ? Streamed(wish) : [Whole(wish)]), wish);

    /// <summary>A small answer to anything that is no inference.</summary>
    public static byte[] Json(string json) => Encoding.UTF8.GetBytes(Text($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}"));

    private static List<string> Streamed(PreparedWish wish)
    {
        var parts = new List<string>(wish.Tokens);
        for (var token = 0; token < wish.Tokens; token++) parts.Add(Frame(wish.IsOllama ? OllamaLine(Words[token % Words.Length]) : Event($$"""{"content":"{{Words[token % Words.Length]}}"}""", "null")));
        var type = wish.IsOllama ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
        var begin = wish.IsOllama ? "" : Frame(Event("""{"role":"assistant","content":""}""", "null"));
        parts[0] = $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n{begin}{parts[0]}";
        parts[^1] += (wish.IsOllama ? Frame(OllamaDone("", wish.Tokens) + "\n") : Frame(Event("{}", "\"stop\"") + (wish.Usage ? UsageEvent(wish.Tokens) : "") + "data: [DONE]\n\n")) + "0\r\n\r\n";
        return parts;
    }

    private static string Whole(PreparedWish wish)
    {
        var text = string.Concat(Enumerable.Range(0, wish.Tokens).Select(i => Words[i % Words.Length]));
        var json = wish.IsOllama
            ? OllamaDone(text, wish.Tokens)
            : Text($$$"""{"id":"chatcmpl-prepared","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{{text}}}","refusal":null},"logprobs":null,"finish_reason":"stop"}],{{{Usage(wish.Tokens)}}}}""");
        return Encoding.UTF8.GetString(Json(json));
    }

    private static string Event(string delta, string finish) => Text(
        $$"""data: {"id":"chatcmpl-prepared","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[{"index":0,"delta":{{delta}},"logprobs":null,"finish_reason":{{finish}}}]}""") + "\n\n";

    private static string UsageEvent(int tokens) => Text(
        $$"""data: {"id":"chatcmpl-prepared","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":[],{{Usage(tokens)}}}""") + "\n\n";

    private static string Usage(int tokens) => Text($$"""
        "usage":{"prompt_tokens":12,"completion_tokens":{{tokens}},"total_tokens":{{tokens + 12}}}
        """);

    private static string OllamaLine(string word) => Text($$"""
        {"model":"m","created_at":"2026-11-21T12:00:00.000000001Z","message":{"role":"assistant","content":"{{word}}"},"done":false}
        """) + "\n";

    private static string OllamaDone(string text, int tokens) => Text($$"""
        {"model":"m","created_at":"2026-11-21T12:00:00.000000001Z","message":{"role":"assistant","content":"{{text}}"},"done":true,"done_reason":"stop","total_duration":1000000,"load_duration":1000,"prompt_eval_count":12,"prompt_eval_duration":1000,"eval_count":{{tokens}},"eval_duration":900000}
        """);

    private static string Frame(string data) => Text($"{Encoding.UTF8.GetByteCount(data):x}\r\n{data}\r\n");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
