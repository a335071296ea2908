using System.Text;
using System.Text.Json;
using OrleansLlm.Simulator;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Asks the same through every door that leads to a chat, and reads the answer in the door's own form.</summary>
internal static class DoorGateway
{
    public const string OpenAi = "openai";
    public const string Anthropic = "anthropic";
    public const string OllamaChat = "ollama chat";
    public const string OllamaGenerate = "ollama generate";

    public static readonly string[] Doors = [OpenAi, Anthropic, OllamaChat, OllamaGenerate];

    public static string PathOf(string door) => door switch
    {
        OpenAi => "/v1/chat/completions",
        Anthropic => "/v1/messages?beta=true",
        OllamaChat => "/api/chat",
        _ => "/api/generate",
    };

    public static string Ask(string door, string text, bool stream = false, string model = "public", string more = "")
    {
        var quoted = JsonSerializer.Serialize(text);
        var prompt = door == OllamaGenerate ? $"\"prompt\":{quoted}" : $$"""
            "messages":[{"role":"user","content":{{quoted}}}]
            """;
        var limit = door == Anthropic ? ",\"max_tokens\":1000" : "";
        return $$"""{"model":"{{model}}","stream":{{(stream ? "true" : "false")}},{{prompt}}{{limit}}{{more}}}""";
    }

    public static async Task<Answer> ReadAsync(string door, HttpResponseMessage response, bool stream)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal(
            !stream ? "application/json" : door is OpenAi or Anthropic ? "text/event-stream" : "application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        return door switch
        {
            OpenAi => stream ? OpenAiStream(text) : OpenAiWhole(text),
            Anthropic => stream ? AnthropicStream(text) : AnthropicWhole(text),
            _ => OllamaLines(text, stream),
        };
    }

    /// <summary>The error's message, in the form that the door's clients look for it.</summary>
    public static async Task<string> ErrorAsync(string door, HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        if (door == Anthropic)
        {
            Assert.Equal(("error", response.Headers.GetValues("request-id").Single()), (json.GetProperty("type").GetString(), json.GetProperty("request_id").GetString()));
            Assert.EndsWith("_error", json.GetProperty("error").GetProperty("type").GetString(), StringComparison.Ordinal);
        }

        var error = json.GetProperty("error");
        return door is OllamaChat or OllamaGenerate ? error.GetString()! : error.GetProperty("message").GetString()!;
    }

    public static IEnumerable<JsonElement> Data(string sse) =>
        sse.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l[6..]).RootElement);

    private static Answer OpenAiWhole(string text)
    {
        var json = JsonDocument.Parse(text).RootElement;
        OpenAiTypes.Check("CreateChatCompletionResponse", json);
        var choice = json.GetProperty("choices")[0];
        var message = choice.GetProperty("message");
        var calls = message.TryGetProperty("tool_calls", out var called) ? called.EnumerateArray().Select(c => c.GetProperty("function")) : [];
        return new Answer(
            message.GetProperty("content").GetString() ?? "", message.TryGetProperty("reasoning_content", out var thought) ? thought.GetString()! : "",
            [.. calls.Select(c => (c.GetProperty("name").GetString()!, c.GetProperty("arguments").GetString()!))],
            json.GetProperty("model").GetString()!, choice.GetProperty("finish_reason").GetString()!,
            json.GetProperty("usage").GetProperty("prompt_tokens").GetInt64(), json.GetProperty("usage").GetProperty("completion_tokens").GetInt64());
    }

    private static Answer OpenAiStream(string text)
    {
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        var (said, thought, finish, model) = (new StringBuilder(), new StringBuilder(), "", "");
        var calls = new SortedDictionary<int, (string Name, string Arguments)>();
        foreach (var chunk in Data(text))
        {
            OpenAiTypes.Check("CreateChatCompletionStreamResponse", chunk);
            model = chunk.GetProperty("model").GetString()!;
            foreach (var choice in chunk.GetProperty("choices").EnumerateArray())
            {
                var delta = choice.GetProperty("delta");
                if (delta.TryGetProperty("content", out var content)) said.Append(content.GetString());
                if (delta.TryGetProperty("reasoning_content", out var thinking)) thought.Append(thinking.GetString());
                if (choice.GetProperty("finish_reason").GetString() is { } reason) finish = reason;
                if (!delta.TryGetProperty("tool_calls", out var pieces)) continue;
                foreach (var piece in pieces.EnumerateArray())
                {
                    var (index, function) = (piece.GetProperty("index").GetInt32(), piece.GetProperty("function"));
                    var (name, arguments) = calls.GetValueOrDefault(index, ("", ""));
                    calls[index] = (name + (function.TryGetProperty("name", out var n) ? n.GetString() : ""), arguments + (function.TryGetProperty("arguments", out var a) ? a.GetString() : ""));
                }
            }
        }

        // The usage is told to those who ask for it.
        return new Answer(said.ToString(), thought.ToString(), [.. calls.Values], model, finish, null, null);
    }

    private static Answer AnthropicWhole(string text)
    {
        var json = JsonDocument.Parse(text).RootElement;
        Assert.Equal(("message", "assistant"), (json.GetProperty("type").GetString(), json.GetProperty("role").GetString()));
        Assert.StartsWith("msg_", json.GetProperty("id").GetString(), StringComparison.Ordinal);
        var blocks = json.GetProperty("content").EnumerateArray().ToLookup(b => b.GetProperty("type").GetString());
        return new Answer(
            string.Concat(blocks["text"].Select(b => b.GetProperty("text").GetString())), string.Concat(blocks["thinking"].Select(b => b.GetProperty("thinking").GetString())),
            [.. blocks["tool_use"].Select(b => (b.GetProperty("name").GetString()!, b.GetProperty("input").GetRawText()))],
            json.GetProperty("model").GetString()!, json.GetProperty("stop_reason").GetString()!,
            json.GetProperty("usage").GetProperty("input_tokens").GetInt64(), json.GetProperty("usage").GetProperty("output_tokens").GetInt64());
    }

    private static Answer AnthropicStream(string text)
    {
        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e.Split('\n')).ToList();
        // Clients go by the name of the event, which is the type of its data.
        Assert.All(events, e => Assert.Equal(e[0]["event: ".Length..], JsonDocument.Parse(e[1][6..]).RootElement.GetProperty("type").GetString()));
        var data = events.Select(e => JsonDocument.Parse(e[1][6..]).RootElement).Where(e => e.GetProperty("type").GetString() != "ping").ToList();
        Assert.Equal(("message_start", "message_delta", "message_stop"), (Type(data[0]), Type(data[^2]), Type(data[^1])));
        var (said, thought, calls, finish) = (new StringBuilder(), new StringBuilder(), new List<(string Name, StringBuilder Arguments)>(), "");
        foreach (var e in data)
        {
            if (Type(e) == "content_block_start" && e.GetProperty("content_block") is var block && Type(block) == "tool_use") calls.Add((block.GetProperty("name").GetString()!, new StringBuilder()));
            if (Type(e) == "message_delta") finish = e.GetProperty("delta").GetProperty("stop_reason").GetString()!;
            if (Type(e) != "content_block_delta") continue;
            var delta = e.GetProperty("delta");
            if (delta.TryGetProperty("text", out var t)) said.Append(t.GetString());
            if (delta.TryGetProperty("thinking", out var th)) thought.Append(th.GetString());
            if (delta.TryGetProperty("partial_json", out var p)) calls[^1].Arguments.Append(p.GetString());
        }

        var usage = data[^2].GetProperty("usage");
        return new Answer(
            said.ToString(), thought.ToString(), [.. calls.Select(c => (c.Name, c.Arguments.ToString()))], data[0].GetProperty("message").GetProperty("model").GetString()!, finish,
            usage.GetProperty("input_tokens").GetInt64(), usage.GetProperty("output_tokens").GetInt64());

        static string Type(JsonElement e) => e.GetProperty("type").GetString()!;
    }

    private static Answer OllamaLines(string text, bool stream)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        if (!stream) Assert.Single(lines);
        Assert.All(lines, l => Assert.Equal(l.Equals(lines[^1]), l.GetProperty("done").GetBoolean()));
        Assert.All(lines, l => Assert.True(DateTimeOffset.TryParse(l.GetProperty("created_at").GetString(), out _)));
        var end = lines[^1];
        Assert.True(end.GetProperty("total_duration").GetInt64() >= end.GetProperty("eval_duration").GetInt64());
        var messages = lines.Select(l => l.TryGetProperty("message", out var message) ? message : l).ToList();
        var calls = messages.SelectMany(m => m.TryGetProperty("tool_calls", out var c) ? c.EnumerateArray().Select(call => call.GetProperty("function")) : []);
        return new Answer(
            string.Concat(messages.Select(m => (m.TryGetProperty("content", out var c) ? c : m.GetProperty("response")).GetString())),
            string.Concat(messages.Select(m => m.TryGetProperty("thinking", out var t) ? t.GetString() : "")),
            [.. calls.Select(c => (c.GetProperty("name").GetString()!, c.GetProperty("arguments").GetRawText()))],
            end.GetProperty("model").GetString()!, end.GetProperty("done_reason").GetString()!,
            end.GetProperty("prompt_eval_count").GetInt64(), end.GetProperty("eval_count").GetInt64());
    }

    /// <param name="Calls">Names and arguments, as JSON.</param>
    /// <param name="PromptTokens">Null: not told.</param>
    internal sealed record Answer(
        string Text, string Thinking, (string Name, string Arguments)[] Calls, string Model, string Finish, long? PromptTokens, long? CompletionTokens);

    /// <summary>One model, served by a provider.</summary>
    public static string Config(SimulatedOllama ollama, string provider, string rest = "") => Setup.Config(Model("public", ollama, provider), rest);

    public static string Model(string name, SimulatedOllama ollama, string provider) =>
        $"  - {{model_name: {name}, litellm_params: {{model: \"{provider}/m\", api_base: \"{BaseOf(ollama, provider)}\", api_key: k}}}}\n";

    private static string BaseOf(SimulatedOllama ollama, string provider) => provider is "openai" or "openai/responses" ? new Uri(ollama.BaseAddress, "v1").ToString() : ollama.BaseAddress.ToString();
}
