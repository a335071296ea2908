using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// OpenAI messages as Anthropic's: system texts stand apart as long as nobody has spoken, tool results are a user's, users and assistants take
/// turns (so neighbours of one role are one message), and no text is empty. A system text that comes later is a user's where it stands: moved to
/// the top it would change the beginning of the prompt, which is cached.
/// </summary>
internal static class AnthropicMessages
{
    /// <param name="instruction">Of the gateway's own, behind the client's: what is cached is the beginning.</param>
    public static void Write(Utf8JsonWriter json, JsonElement body, string model, string? instruction)
    {
        var all = ChatMessage.All(body).ToList();
        var first = all.TakeWhile(m => m.Role == "system" && OwnMessage(m) is null).ToList();
        WriteSystem(json, first, instruction);
        MessageTurns.Write(json, all.Skip(first.Count), (turn, isLast) => Blocks(turn.Message, turn.Role, turn.Where, model, isLast), OwnMessage);
    }

    /// <summary>
    /// The last answer calls tools, and the client has not kept what the model thought before: with a thinking budget that is refused
    /// (https://docs.claude.com/en/docs/build-with-claude/extended-thinking).
    /// </summary>
    public static bool HasLostThoughts(JsonElement body, string model)
    {
        var last = ChatMessage.All(body).LastOrDefault(m => m.Role == "assistant").Message;
        if (last.ValueKind == JsonValueKind.Object && OwnContent(last) is { } own)
            return own.EnumerateArray().Any(b => ChatMessage.Type(b) == "tool_use") && !own.EnumerateArray().Any(IsKept);
        return Items(last, "tool_calls").Any() && !Items(last, "thinking_blocks").Any(IsKept);

        bool IsKept(JsonElement block) => SignedThoughts.IsThought(block) && SignedThoughts.MayGo(block, model);

        static IEnumerable<JsonElement> Items(JsonElement message, string list) =>
            message.ValueKind == JsonValueKind.Object && message.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];
    }

    private static void WriteSystem(Utf8JsonWriter json, List<(JsonElement Message, string Role, string Where)> messages, string? instruction)
    {
        var texts = messages.SelectMany(m => TextsOf(m.Message, m.Where)).ToList();
        if (instruction is not null) texts.Add((JsonText.Element(instruction), default));
        if (texts.Count == 0) return;
        json.WriteStartArray("system");
        foreach (var (text, cached) in texts) WriteText(json, text, cached);
        json.WriteEndArray();
    }

    private static IEnumerable<(JsonElement Text, JsonElement Cached)> TextsOf(JsonElement message, string where)
    {
        var ofMessage = CachedOfText(message);
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            var text = ChatMessage.Text(part, here);
            if (text.ValueKind == JsonValueKind.Undefined) throw UpstreamException.CallerFault(here + ".type", $"{here}.type must be text in a system message.");
            if (!text.ValueEquals(""u8)) yield return (text, Cached(part, ofMessage));
        }
    }

    private static List<Action<Utf8JsonWriter>> Blocks(JsonElement message, string role, string where, string model, bool isLast)
    {
        if (role == "tool") return [json => WriteToolResult(json, message, where)];
        if (role == "assistant" && OwnContent(message) is { } own) return OwnBlocks(own, model, isLast);
        var blocks = new List<Action<Utf8JsonWriter>>();
        if (role == "system")
        {
            foreach (var (text, cached) in TextsOf(message, where))
            {
                if (!string.IsNullOrWhiteSpace(text.GetString())) blocks.Add(json => WriteText(json, text, cached));
            }

            return blocks;
        }

        if (role == "assistant" && message.TryGetProperty("thinking_blocks", out var thoughts) && thoughts.ValueKind == JsonValueKind.Array)
        {
            foreach (var thought in thoughts.EnumerateArray().Where(thought => SignedThoughts.MayGo(thought, model))) blocks.Add(thought.WriteTo);
        }

        var ofMessage = CachedOfText(message);
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            if (!SignedThoughts.MayGo(part, model)) continue;
            var text = ChatMessage.Text(part, here);
            var cached = Cached(part, ofMessage);
            if (text.ValueKind == JsonValueKind.Undefined) blocks.Add(json => WritePart(json, part, here));
            else if (role == "assistant" && isLast) AddLastWords(blocks, text, cached);
            else if (!string.IsNullOrWhiteSpace(text.GetString())) blocks.Add(json => WriteText(json, text, cached));
        }

        if (role != "assistant") return blocks;
        foreach (var (call, id, name, function, here) in ChatMessage.Calls(message, where))
        {
            blocks.Add(json =>
            {
                json.WriteStartObject();
                json.WriteString("type", "tool_use");
                json.WriteString("id", Id(id ?? name));
                json.WriteString("name", name);
                json.WritePropertyName("input");
                ChatMessage.WriteArguments(json, function, here);
                WriteCached(json, Cached(call));
                json.WriteEndObject();
            });
        }

        return blocks;
    }

    /// <summary>The blocks of an answer as the model gave them, where a client of Anthropic's sends them back.</summary>
    private static JsonElement? OwnContent(JsonElement message) =>
        message.TryGetProperty(ChatMessage.OwnContent, out var blocks) && blocks.ValueKind == JsonValueKind.Array ? blocks : null;

    /// <summary>What the system says in the middle of a conversation, as a client of Anthropic's sends it: of which tools there are from then on.</summary>
    private static Action<Utf8JsonWriter>? OwnMessage((JsonElement Message, string Role, string Where) turn)
    {
        if (turn.Role != "system" || !turn.Message.TryGetProperty(ChatMessage.OwnContent, out var own) || own.ValueKind != JsonValueKind.Object) return null;
        return json =>
        {
            json.WriteStartObject();
            json.WriteString("role", "system");
            foreach (var member in own.EnumerateObject())
            {
                if (!member.NameEquals("role"u8)) member.WriteTo(json);
            }

            json.WriteEndObject();
        };
    }

    private static List<Action<Utf8JsonWriter>> OwnBlocks(JsonElement own, string model, bool isLast)
    {
        var blocks = new List<Action<Utf8JsonWriter>>();
        var left = own.GetArrayLength();
        foreach (var block in own.EnumerateArray())
        {
            left--;
            if (!SignedThoughts.MayGo(block, model)) continue;
            var text = ChatMessage.Type(block) == "text" ? ChatMessage.String(block, "text") : null;
            if (text is not null && string.IsNullOrWhiteSpace(text)) continue;
            if (isLast && left == 0 && text is not null && char.IsWhiteSpace(text[^1])) blocks.Add(json => WriteWith(json, block, "text", text.TrimEnd()));
            else if (ChatMessage.Type(block) == "tool_use" && ChatMessage.String(block, "id") is { } id) blocks.Add(json => WriteWith(json, block, "id", Id(id)));
            else blocks.Add(block.WriteTo);
        }

        return blocks;
    }

    private static void WriteWith(Utf8JsonWriter json, JsonElement block, string name, string value)
    {
        json.WriteStartObject();
        foreach (var member in block.EnumerateObject())
        {
            if (member.NameEquals(name)) json.WriteString(name, value);
            else member.WriteTo(json);
        }

        json.WriteEndObject();
    }

    /// <summary>An answer that the model is to go on with must not end in white space.</summary>
    private static void AddLastWords(List<Action<Utf8JsonWriter>> blocks, JsonElement text, JsonElement cached)
    {
        var words = text.GetString()!.TrimEnd();
        if (words.Length > 0) blocks.Add(json => WriteText(json, JsonText.Element(words), cached));
    }

    private static void WriteText(Utf8JsonWriter json, JsonElement text, JsonElement cached)
    {
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WritePropertyName("text");
        ChatMessage.WriteRaw(json, text);
        WriteCached(json, cached);
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, JsonElement part, string where)
    {
        switch (ChatMessage.Type(part))
        {
            case "image_url":
                AnthropicFiles.WriteImage(json, part, where, to => WriteCached(to, Cached(part)));
                break;
            case "file":
                AnthropicFiles.WriteFile(json, part, where, to => WriteCached(to, Cached(part)));
                break;

            // Anthropic's own blocks, as its clients write them.
            case "image" or "document" or "search_result" or "tool_reference" or "container_upload" or "mid_conv_system" or "thinking" or "redacted_thinking":
                part.WriteTo(json);
                break;
            default:
                throw UpstreamException.CallerFault(where + ".type", $"{where}.type must be text, image_url or file: Anthropic takes nothing else.");
        }
    }

    private static void WriteToolResult(Utf8JsonWriter json, JsonElement message, string where)
    {
        json.WriteStartObject();
        json.WriteString("type", "tool_result");
        json.WriteString("tool_use_id", Id(ChatMessage.String(message, "tool_call_id") ?? ChatMessage.String(message, "name")
            ?? throw UpstreamException.CallerFault(where + ".tool_call_id", $"{where}.tool_call_id must be a string.")));
        json.WriteStartArray("content");
        var cached = Cached(message);
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            var text = ChatMessage.Text(part, here);
            if (text.ValueKind == JsonValueKind.Undefined)
            {
                WritePart(json, part, here);
                continue;
            }

            // The result is cached with all that is in it, and the number of such places is small.
            if (Cached(part) is { ValueKind: JsonValueKind.Object } own) cached = own;
            if (!text.ValueEquals(""u8)) WriteText(json, text, default);
        }

        json.WriteEndArray();
        if (message.TryGetProperty("is_error", out var failed) && failed.ValueKind == JsonValueKind.True) json.WriteBoolean("is_error", true);
        WriteCached(json, cached);
        json.WriteEndObject();
    }

    /// <summary>Ids there are of letters, digits, - and _.</summary>
    private static string Id(string id) => string.Create(id.Length, id, static (to, from) =>
    {
        for (var at = 0; at < to.Length; at++) to[at] = char.IsAsciiLetterOrDigit(from[at]) || from[at] is '-' or '_' ? from[at] : '_';
    });

    /// <summary>Where the client wants the prompt cached up to: said at a part, or at a message that is one text.</summary>
    private static JsonElement Cached(JsonElement part, JsonElement ofMessage = default) =>
        part.ValueKind == JsonValueKind.Object ? part.TryGetProperty("cache_control", out var cached) ? cached : default : ofMessage;

    /// <summary>Looked for once in a message, and not for each text in its list: then it would stand at each of them.</summary>
    private static JsonElement CachedOfText(JsonElement message) =>
        message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String && message.TryGetProperty("cache_control", out var cached) ? cached : default;

    private static void WriteCached(Utf8JsonWriter json, JsonElement cached)
    {
        if (cached.ValueKind != JsonValueKind.Object) return;
        json.WritePropertyName("cache_control");
        cached.WriteTo(json);
    }
}
