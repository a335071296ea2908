using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Bench.Endurance;

/// <summary>One way to ask the gateway: where, with what body, and how its answer is read.</summary>
/// <param name="Body">Of a marker that the answer has to repeat.</param>
/// <param name="Read">Takes one JSON object of the answer: an event, a line, or all of it.</param>
internal sealed record Door(string Name, string Path, bool Stream, Func<string, string> Body, Action<JsonElement, Reading> Read)
{
    public const int Tokens = 20;

    public static Door ChatStream { get; } = new("chat, streamed", "/v1/chat/completions", true, m => Chat(m, true), ReadChat);

    public static Door ChatWhole { get; } = new("chat", "/v1/chat/completions", false, m => Chat(m, false), ReadChat);

    public static Door Ollama { get; } = new("Ollama", "/api/chat", true, m => Chat(m, true), ReadOllama);

    public static Door Messages { get; } = new("Messages", "/v1/messages", true, m => Chat(m, true, "\"max_tokens\":100,"), ReadMessages);

    public static Door ResponseStream { get; } = new("responses, streamed", "/v1/responses", true, m => Response(m, true), ReadResponse);

    public static Door ResponseWhole { get; } = new("responses", "/v1/responses", false, m => Response(m, false), ReadResponse);

    public static Door Embedding { get; } = new("embeddings", "/v1/embeddings", false, m => $$"""{"model":"e","input":"{{m}}"}""", ReadEmbedding);

    /// <summary>What the simulator says to a marker, which is one word.</summary>
    public static string Expected(string marker)
    {
        var text = new StringBuilder($"This is a simulated answer from m to: {marker}");
        for (var token = 10; token <= Tokens; token++) text.Append(CultureInfo.InvariantCulture, $" word{token}");
        return text.ToString();
    }

    private static string Chat(string marker, bool stream, string more = "") =>
        $$"""{"model":"m",{{more}}"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{marker}}"}]}""";

    private static string Response(string marker, bool stream) => $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"input":"{{marker}}"}""";

    private static void ReadChat(JsonElement json, Reading to)
    {
        if (to.SawError(json) || !json.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0) return;
        var choice = choices[0];
        var said = choice.TryGetProperty("delta", out var delta) ? delta : choice.GetProperty("message");
        if (said.TryGetProperty("content", out var content)) to.Text.Append(content.GetString());
        // A stream's end is its [DONE].
        if (choice.TryGetProperty("message", out _) && choice.GetProperty("finish_reason").ValueKind == JsonValueKind.String) to.Ends++;
    }

    private static void ReadOllama(JsonElement json, Reading to)
    {
        if (to.SawError(json)) return;
        to.Text.Append(json.GetProperty("message").GetProperty("content").GetString());
        if (json.GetProperty("done").GetBoolean()) to.Ends++;
    }

    private static void ReadMessages(JsonElement json, Reading to)
    {
        if (to.SawError(json)) return;
        switch (json.GetProperty("type").GetString())
        {
            case "content_block_delta":
                to.Text.Append(json.GetProperty("delta").GetProperty("text").GetString());
                break;
            case "message_stop":
                to.Ends++;
                break;
        }
    }

    private static void ReadResponse(JsonElement json, Reading to)
    {
        if (json.TryGetProperty("object", out var whole) && whole.GetString() == "response")
        {
            to.Id = json.GetProperty("id").GetString();
            if (to.SawError(json)) return;
            foreach (var part in json.GetProperty("output").EnumerateArray().SelectMany(o => o.GetProperty("content").EnumerateArray())) to.Text.Append(part.GetProperty("text").GetString());
            if (json.GetProperty("status").GetString() == "completed") to.Ends++;
            return;
        }

        if (!json.TryGetProperty("type", out var type))
        {
            to.SawError(json);
            return;
        }

        switch (type.GetString())
        {
            case "response.created":
                to.Id = json.GetProperty("response").GetProperty("id").GetString();
                break;
            case "response.output_text.delta":
                to.Text.Append(json.GetProperty("delta").GetString());
                break;
            case "response.completed":
                to.Ends++;
                break;
            case "response.failed":
                to.SawError(json.GetProperty("response"));
                break;
            case "error":
                to.Error = json.GetProperty("message").GetString();
                break;
        }
    }

    private static void ReadEmbedding(JsonElement json, Reading to)
    {
        if (!to.SawError(json) && json.GetProperty("data").GetArrayLength() == 1) to.Ends++;
    }
}

/// <summary>What was read of an answer so far.</summary>
internal sealed class Reading
{
    public StringBuilder Text { get; } = new();

    /// <summary>How often it said that it is whole.</summary>
    public int Ends { get; set; }

    /// <summary>Why there is no more of it.</summary>
    public string? Error { get; set; }

    /// <summary>Of a stored response.</summary>
    public string? Id { get; set; }

    /// <returns>Whether it is an error's object.</returns>
    public bool SawError(JsonElement json)
    {
        if (!json.TryGetProperty("error", out var error) || error.ValueKind == JsonValueKind.Null) return false;
        Error = error.ValueKind == JsonValueKind.String ? error.GetString() : error.GetProperty("message").GetString();
        return true;
    }
}
