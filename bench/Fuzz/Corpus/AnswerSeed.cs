using System.Text;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;

namespace OrleansLlm.Bench.Fuzz.Corpus;

/// <summary>What a service answers when all is well: the bytes of the golden exchanges, and short ones of errors.</summary>
/// <param name="Provider">LiteLLM's name, as the golden folder has it.</param>
internal sealed record AnswerSeed(string Provider, UpstreamOperation Operation, string ContentType, byte[] Body)
{
    private const string Golden = "golden/";

    /// <summary>In the order of their names, so that a number means the same everywhere.</summary>
    public static IReadOnlyList<AnswerSeed> All { get; } = [.. Read().OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => s.Seed), .. More()];

    public bool IsStream => ContentType != "application/json";

    /// <summary>The golden requests of one operation, as OpenAI says them.</summary>
    public static IEnumerable<string> Asks(UpstreamOperation operation) => Names().Where(n => n.EndsWith("/ask.json", StringComparison.Ordinal))
        .Select(n => System.Text.Json.Nodes.JsonNode.Parse(Load(n))!)
        .Where(ask => OperationOf((string?)ask["operation"]) == operation)
        .Select(ask => ask["body"]!.ToJsonString());

    private static IEnumerable<(string Name, AnswerSeed Seed)> Read()
    {
        foreach (var name in Names().Where(n => n.Contains("/answer.", StringComparison.Ordinal)))
        {
            // The folder of the exchange is in that of its provider, whose name may have a slash.
            var provider = Path.GetDirectoryName(Path.GetDirectoryName(name[Golden.Length..]))!.Replace(Path.DirectorySeparatorChar, '/');
            var ask = System.Text.Json.Nodes.JsonNode.Parse(Load(name[..name.LastIndexOf('/')] + "/ask.json"))!;
            var text = Encoding.UTF8.GetString(Load(name)).ReplaceLineEndings(name.EndsWith(".crlf", StringComparison.Ordinal) ? "\r\n" : "\n");
            var type = Path.GetExtension(name) switch
            {
                ".json" => "application/json",
                ".ndjson" => "application/x-ndjson",
                ".events" => "application/vnd.amazon.eventstream",
                _ => "text/event-stream",
            };
            var body = name.EndsWith(".events", StringComparison.Ordinal) ? EventStreamWriter.Lines(text) : Encoding.UTF8.GetBytes(text);
            yield return (name, new AnswerSeed(provider == "deepseek" ? "openai" : provider, OperationOf((string?)ask["operation"]), type, body));
        }
    }

    /// <summary>What the golden exchanges have not: whole answers where a stream was asked for, calls and thoughts of OpenAI's, errors.</summary>
    private static IEnumerable<AnswerSeed> More()
    {
        const string head = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":";
        yield return Of("openai", "text/event-stream",
            head + """{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}]}""" + "\n\n"
            + head + """{"tool_calls":[{"index":0,"function":{"arguments":"{\n  \"city\": \"Bo"}},{"index":1,"id":"call_2","function":{"name":"f","arguments":"{}"}}]}}]}""" + "\n\n"
            + head + """{"tool_calls":[{"index":0,"function":{"arguments":"nn\"\n}"}}]},"logprobs":{"content":[{"token":"x","logprob":-0.5,"bytes":[120],"top_logprobs":[]}]},"finish_reason":"tool_calls"}]}""" + "\n\n"
            + """data: {"id":"c","object":"chat.completion.chunk","created":7,"model":"m","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":3}}}""" + "\n\ndata: [DONE]\n\n");
        yield return Of("openai", "application/json", """
            {
              "id": "c", "object": "chat.completion", "created": 7, "model": "m", "system_fingerprint": null,
              "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "Hi \ud83d\ude00", "refusal": null, "annotations": [{"type": "url_citation"}],
                  "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "logprobs": null, "finish_reason": "stop"}
              ],
              "usage": {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
            }
            """);
        yield return Of("ollama", "application/x-ndjson", """
            {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}
            {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Hi"},"logprobs":[{"token":"Hi","logprob":-0.1,"bytes":[72,105],"top_logprobs":[{"token":"Ho","logprob":-2}]}],"done":false}
            {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","total_duration":5,"prompt_eval_count":1,"eval_count":2}

            """);
        yield return Of("openai", "application/json", """{"error":{"message":"x","type":"invalid_request_error","param":"messages[0]","code":"context_length_exceeded"}}""");
        yield return Of("gemini", "application/json", """[{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}]""");
        yield return Of("gemini", "text/event-stream", """data: {"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"f","args":{"a":[1,{"b":null}]}},"thoughtSignature":"s"},{"inlineData":{"mimeType":"image/png","data":"aGk="}}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],"promptFeedback":{"safetyRatings":[]},"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":3,"toolUsePromptTokenCount":1,"cachedContentTokenCount":2,"thoughtsTokenCount":1,"totalTokenCount":23}}""" + "\r\n\r\n");
        yield return Of("anthropic", "text/event-stream", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"},\"request_id\":\"r\"}\n\n");
        yield return Of("openai/responses", "text/event-stream", "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"x\",\"param\":null,\"sequence_number\":3}\n\n");
        yield return Of("openai/responses", "text/event-stream", """data: {"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"server_error","message":"x"},"output":[],"usage":null}}""" + "\n\n");
        yield return Of("openai/responses", "application/json", """{"id":"r","object":"response","status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[{"type":"custom_tool_call","call_id":"c","name":"f","input":"i"}],"usage":{"input_tokens":1,"output_tokens":2}}""");
        yield return Of("ollama", "application/json", """{"error":"model requires more memory"}""");
    }

    private static AnswerSeed Of(string provider, string type, string body) => new(provider, UpstreamOperation.Chat, type, Encoding.UTF8.GetBytes(body));

    private static UpstreamOperation OperationOf(string? name) => name is null ? UpstreamOperation.Chat : Enum.Parse<UpstreamOperation>(name);

    private static IEnumerable<string> Names() => typeof(AnswerSeed).Assembly.GetManifestResourceNames()
        .Select(n => n.Replace('\\', '/')).Where(n => n.StartsWith(Golden, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static byte[] Load(string name)
    {
        using var stream = typeof(AnswerSeed).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
