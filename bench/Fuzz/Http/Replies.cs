using System.Globalization;
using System.Text;
using OrleansLlm.Bench.Fuzz.Corpus;
using OrleansLlm.Bench.Fuzz.Mutation;
using OrleansLlm.Providers;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>The answers of a service to one request: right ones by its path, and spoilt ones.</summary>
internal static class Replies
{
    private static readonly string[] Statuses =
    [
        "200 OK", "201 Created", "204 No Content", "206 Partial Content", "301 Moved\r\nLocation: http://127.0.0.1:1/", "302 Found", "304 Not Modified", "400 Bad", "401 No", "403 No", "404 Gone", "408 Late", "409 C", "413 Big", "418 Tea", "422 U",
        "429 Slow\r\nRetry-After: 1", "429 Slow\r\nRetry-After: 99999999999999", "429 Slow\r\nRetry-After: -1", "429 Slow\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT", "500 Oops", "502 B", "503 S\r\nRetry-After: 1e9", "529 Over", "599 X", "600 X", "999 X", "099 X", "200", "200 \u00ff", "abc", "",
    ];

    private static readonly string[] Types =
        ["text/event-stream", "application/json", "application/x-ndjson", "text/html", "", "application/json; charset=utf-16", "TEXT/EVENT-STREAM", "text/event-stream;;", ";", "a/b/c", "\u00ff", "multipart/form-data; boundary=x", "text/plain"];

    private static readonly string[] MoreHeaders =
    [
        "x-request-id: a\u00ff\u0001b", "x-request-id: " + "a", "x-ratelimit-remaining-requests: -5", "x-ratelimit-reset-requests: forever", "openai-processing-ms: NaN", "Set-Cookie: a=b", "Content-Encoding: gzip", "Connection: close", "Trailer: x", "X: ",
        "Location: http://127.0.0.1:1/", "Retry-After: 0.5", "retry-after-ms: -1", "x-should-retry: maybe", "Upgrade: h2c", "Keep-Alive: timeout=0", "no colon here", ": empty", "x-folded: a\r\n b", "request-id: \"'<>{}", "x-dropped-params: a\tb", "Content-Type: text/plain",
    ];

    private static readonly string[] Lengths = ["-1", "0", "1", "99999999999999999999", "9223372036854775807", "4294967296", "abc", "5, 6", " 7", "0x10", "+3", ""];

    /// <summary>What a service that is well answers to this path.</summary>
    public static Reply Right(string path) => Framed(SeedFor(path), cuts: 0);

    public static AnswerSeed Pick(Dice dice, string provider, UpstreamOperation operation)
    {
        var wire = UpstreamProviders.Find(provider).Wire;
        var fitting = AnswerSeed.All.Where(s => s.Operation == operation && UpstreamProviders.Find(s.Provider).Wire == wire).ToList();
        // Vertex AI's golden answers are Gemini's, Azure's are OpenAI's.
        return fitting.Count > 0 && !dice.OneIn(20) ? dice.Pick(fitting) : dice.Pick(AnswerSeed.All);
    }

    /// <param name="maySilence">Whether the service may fall silent, which costs a timeout.</param>
    public static Reply Spoilt(Dice dice, AnswerSeed seed, bool maySilence)
    {
        var body = seed.Body;
        for (var edits = dice.Below(4); edits > 0; edits--) body = seed.IsStream ? StreamEdits.Edit(dice, body) : JsonEdits.Edit(dice, body);
        var head = new StringBuilder("HTTP/1.1 ").Append(dice.OneIn(6) ? dice.Pick(Statuses) : "200 OK").Append("\r\n");
        var type = dice.OneIn(12) ? dice.Pick(Types) : seed.ContentType;
        if (!dice.OneIn(30)) head.Append("Content-Type: ").Append(type).Append("\r\n");
        if (dice.OneIn(6)) head.Append(dice.Pick(MoreHeaders)).Append("\r\n");
        var end = dice.OneIn(12) ? ReplyEnd.Closed : dice.OneIn(20) ? ReplyEnd.Reset : ReplyEnd.Kept;
        if (maySilence && dice.OneIn(400)) end = ReplyEnd.Silent;
        byte[] framed;
        switch (dice.Below(8))
        {
            case 0:
                // The end of the connection is the end of the body.
                (framed, end) = (body, end is ReplyEnd.Kept ? ReplyEnd.Closed : end);
                break;
            case 1 when dice.OneIn(2):
                head.Append("Content-Length: ").Append(dice.Pick(Lengths)).Append("\r\n");
                (framed, end) = (body, end is ReplyEnd.Kept ? ReplyEnd.Closed : end);
                break;
            case 1 or 2 or 3:
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
                framed = body;
                break;
            default:
                head.Append("Transfer-Encoding: chunked\r\n");
                framed = Chunked(dice, body);
                break;
        }

        byte[] bytes = [.. Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()), .. framed];
        if (dice.OneIn(25))
        {
            bytes = dice.OneIn(2) ? bytes[..dice.Below(bytes.Length)] : ByteEdits.Edit(dice, bytes);
            if (end is ReplyEnd.Kept) end = ReplyEnd.Closed;
        }

        return new Reply(bytes, dice.Next() | 1, end);
    }

    private static Reply Framed(AnswerSeed? seed, ulong cuts)
    {
        var (type, body) = seed is null ? ("application/json", "{}"u8.ToArray()) : (seed.ContentType, seed.Body);
        return new Reply([.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n")), .. body], cuts, ReplyEnd.Kept);
    }

    private static AnswerSeed? SeedFor(string path)
    {
        (string Part, string Provider, UpstreamOperation Operation)[] known =
        [
            ("/api/chat", "ollama", UpstreamOperation.Chat), ("/api/generate", "ollama", UpstreamOperation.Completion), ("/api/embed", "ollama", UpstreamOperation.Embedding), ("GenerateContent", "gemini", UpstreamOperation.Chat),
            (":batchEmbedContents", "gemini", UpstreamOperation.Embedding), (":predict", "vertex_ai", UpstreamOperation.Embedding), ("/messages", "anthropic", UpstreamOperation.Chat), ("/converse", "bedrock", UpstreamOperation.Chat), ("/responses", "openai/responses", UpstreamOperation.Chat), ("/chat/completions", "openai", UpstreamOperation.Chat),
            ("/completions", "openai", UpstreamOperation.Completion), ("/embeddings", "openai", UpstreamOperation.Embedding),
        ];
        foreach (var (part, provider, operation) in known)
        {
            if (path.Contains(part, StringComparison.Ordinal)) return AnswerSeed.All.First(s => s.Provider == provider && s.Operation == operation);
        }

        return null;
    }

    private static byte[] Chunked(Dice dice, byte[] body)
    {
        var framed = new MemoryStream();
        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(body.Length - at, dice.OneIn(4) ? 1 + dice.Below(5) : 1 + dice.Below(600));
            var size = dice.OneIn(300) ? dice.Pick((string[])["-1", "ffffffffffffffff", "zz", "", "0"]) : length.ToString("x", CultureInfo.InvariantCulture) + (dice.OneIn(40) ? ";ext=\"a\"" : "");
            framed.Write(Encoding.ASCII.GetBytes(size + "\r\n"));
            framed.Write(body, at, length);
            framed.Write(dice.OneIn(300) ? "\n"u8 : "\r\n"u8);
            at += length;
        }

        framed.Write(dice.OneIn(30) ? "0\r\nx-trailer: y\r\nRetry-After: 5\r\n\r\n"u8 : dice.OneIn(40) ? "0\r\n"u8 : dice.OneIn(40) ? ""u8 : "0\r\n\r\n"u8);
        return framed.ToArray();
    }
}
