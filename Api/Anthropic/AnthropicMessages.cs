using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>
/// Anthropic's messages as OpenAI's: the system prompt in front, results of tools as messages of their own before what the user says besides,
/// calls and thoughts beside the text of the model's.
/// </summary>
internal sealed class AnthropicMessages(Utf8JsonWriter json, AnthropicWords known, List<string> dropped)
{
    private readonly AnthropicParts _parts = new(json, known, dropped);
    private readonly bool _all = known == AnthropicWords.All;

    public void Write(JsonElement body)
    {
        if (Json.Any(body, "system") is { } system) WriteTexts(system, "system");
        var messages = Json.Array(body, "messages", "") ?? throw Json.Missing("messages");
        if (messages.GetArrayLength() == 0) throw Json.Wrong("messages", "at least one message");
        var at = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var where = $"messages.{at++}";
            if (message.ValueKind != JsonValueKind.Object) throw Json.Wrong(where, "an object");
            switch (Json.NeededText(message, "role", where + "."))
            {
                case "user":
                    WriteUser(ContentOf(message, where), where + ".content");
                    break;
                case "assistant":
                    WriteAssistant(ContentOf(message, where), where + ".content");
                    break;
                case "system":
                    WriteSystem(message, where);
                    break;
                default:
                    throw Json.Wrong(where + ".role", "user, assistant or system");
            }
        }
    }

    private static JsonElement ContentOf(JsonElement message, string where) => Json.Any(message, "content") ?? throw Json.Missing(where + ".content");

    /// <summary>The system prompt.</summary>
    private void WriteTexts(JsonElement content, string where)
    {
        if (content.ValueKind == JsonValueKind.Array && content.GetArrayLength() == 0) return;
        Begin("system");
        if (content.ValueKind == JsonValueKind.String)
        {
            content.WriteTo(json);
        }
        else
        {
            json.WriteStartArray();
            foreach (var (block, type, here) in Blocks(content, where))
            {
                if (type != "text") throw Json.Wrong(here + ".type", "text");
                _parts.WriteText(block, here);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Claude Code says it in the middle of a conversation as well, and more than texts.</summary>
    private void WriteSystem(JsonElement message, string where)
    {
        var isOwn = _all && SystemWords.HasMore(message);
        if (!_all) dropped.AddRange(SystemWords.Fields(message).Select(name => "messages." + name).Except(dropped).ToList());
        var content = Json.Any(message, "content");
        if (content is null && !SystemWords.HasMore(message)) throw Json.Missing(where + ".content");
        var texts = content is { ValueKind: not JsonValueKind.String } blocks ? SystemWords.Of(blocks, where + ".content", known, isOwn ? [] : dropped) : [];
        if (content is not { ValueKind: JsonValueKind.String } && texts.Count == 0 && !isOwn) return;
        Begin("system");
        if (content is { ValueKind: JsonValueKind.String } text)
        {
            text.WriteTo(json);
        }
        else
        {
            json.WriteStartArray();
            _parts.WriteTexts(texts, default);
            json.WriteEndArray();
        }

        // As an answer of Claude's own is: what the words above cannot hold.
        if (isOwn)
        {
            json.WritePropertyName(AssistantContent.Name);
            message.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private void WriteUser(JsonElement content, string where)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            Begin("user");
            content.WriteTo(json);
            json.WriteEndObject();
            return;
        }

        // A tool's message can only have text: its pictures go on with what the user says. Claude gets them where they are.
        var parts = new List<(JsonElement Block, string Type, string Where)>();
        foreach (var (block, type, here) in Blocks(content, where))
        {
            if (type == "tool_result") WriteToolResult(block, here, parts);
            else if (type != SystemWords.Block || _all || SystemWords.Of(Json.Any(block, "content") ?? throw Json.Missing(here + ".content"), here + ".content", known, dropped).Count > 0) parts.Add((block, type, here));
        }

        if (parts.Count == 0) return;
        Begin("user");
        WriteParts(parts);
        json.WriteEndObject();
    }

    private void WriteParts(IEnumerable<(JsonElement Block, string Type, string Where)> parts)
    {
        json.WriteStartArray();
        foreach (var (block, type, here) in parts)
        {
            if (!_parts.TryWrite(block, type, here)) throw Json.Wrong(here + ".type", "text, image, document, search_result or tool_result");
        }

        json.WriteEndArray();
    }

    private void WriteToolResult(JsonElement result, string where, List<(JsonElement, string, string)> media)
    {
        json.WriteStartObject();
        json.WriteString("role", "tool");
        json.WriteString("tool_call_id", Json.NeededText(result, "tool_use_id", where + "."));
        json.WritePropertyName("content");
        // A tool's message is one text: a part of it that is cached up to is its end.
        var (cached, hasFailed) = (default(JsonElement), Json.Flag(result, "is_error", where + "."));
        if (_all && Json.Any(result, "content") is { ValueKind: JsonValueKind.Array } own && Blocks(own, where + ".content").Any(block => block.Type != "text"))
        {
            WriteParts(Blocks(own, where + ".content"));
        }
        else
        {
            cached = WriteResultText(Json.Any(result, "content"), hasFailed && !_all, where + ".content", media);
        }

        if (hasFailed && _all) json.WriteBoolean("is_error", true);
        _parts.WriteCacheControl(result, cached);
        json.WriteEndObject();
    }

    /// <param name="tellsFailure">There is no word for it but the text.</param>
    /// <returns>The part up to which the client wants it cached; undefined: none.</returns>
    private JsonElement WriteResultText(JsonElement? content, bool tellsFailure, string where, List<(JsonElement, string, string)> media)
    {
        var (text, cached) = (new JoinedText(), default(JsonElement));
        if (content is { ValueKind: JsonValueKind.String } alone) text.AddQuoted(JsonMarshal.GetRawUtf8Value(alone));
        else if (content is { } several) cached = Join(several, where, text, media);
        var said = text;
        if (tellsFailure)
        {
            said = new JoinedText();
            said.Add("Error: "u8);
            said.AddQuoted(text.Quoted);
        }

        if (said.IsEmpty) json.WriteStringValue("");
        else json.WriteRawValue(said.Quoted, skipInputValidation: true);
        return cached;
    }

    private JsonElement Join(JsonElement blocks, string where, JoinedText text, List<(JsonElement, string, string)> media)
    {
        var cached = default(JsonElement);
        foreach (var (block, type, here) in Blocks(blocks, where))
        {
            if (type is not ("text" or "tool_reference"))
            {
                media.Add((block, type, here));
                continue;
            }

            if (!text.IsEmpty) text.Add("\\n"u8);
            text.AddQuoted(type == "text" ? AnthropicParts.RawText(block, here) : Found(block, here));
            if (Json.Any(block, "cache_control") is not null) cached = block;
        }

        return cached;
    }

    /// <summary>A tool that the client's search has found: it is among the request's tools, of which models other than Anthropic's know all.</summary>
    private byte[] Found(JsonElement reference, string where) => SystemWords.CanBeCalled(Json.NeededText(reference, "tool_name", where + "."), known);

    private void WriteAssistant(JsonElement content, string where)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            Begin("assistant");
            content.WriteTo(json);
            json.WriteEndObject();
            return;
        }

        var (text, thinking) = (new JoinedText(), new JoinedText());
        var (texts, thoughts, calls) = (new List<(JsonElement Block, string Where)>(), new List<JsonElement>(), new List<(JsonElement, string)>());
        foreach (var (block, type, here) in Blocks(content, where))
        {
            switch (type)
            {
                case "text":
                    texts.Add((block, here));
                    text.AddQuoted(AnthropicParts.RawText(block, here));
                    break;
                case "thinking":
                    if (Json.Text(block, "thinking", here + ".") is not null) thinking.AddQuoted(JsonMarshal.GetRawUtf8Value(block.GetProperty("thinking")));
                    thoughts.Add(block);
                    break;
                case "redacted_thinking":
                    thoughts.Add(block);
                    break;
                case "tool_use":
                    calls.Add((block, here));
                    break;
                default:
                    if (!_all) dropped.Add($"messages.{type}");
                    break;
            }
        }

        var isOwn = _all && !AssistantContent.IsPlain(content);
        Begin("assistant");
        if (text.IsEmpty) json.WriteNullValue();
        else if (known != AnthropicWords.None) WriteApart(texts);
        else json.WriteRawValue(text.Quoted, skipInputValidation: true);
        if (!thinking.IsEmpty)
        {
            json.WritePropertyName("reasoning_content");
            json.WriteRawValue(thinking.Quoted, skipInputValidation: true);
        }

        // What the words below cannot hold: the blocks as they came, for Anthropic's dialect alone, which says nothing of the message besides.
        if (isOwn)
        {
            json.WritePropertyName(AssistantContent.Name);
            content.WriteTo(json);
        }

        // LiteLLM's name. Signatures mean something to those alone who made them.
        if (known != AnthropicWords.None && !isOwn && thoughts.Count > 0)
        {
            json.WriteStartArray("thinking_blocks");
            foreach (var thought in thoughts) thought.WriteTo(json);
            json.WriteEndArray();
        }

        if (calls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var (call, here) in calls) WriteCall(call, here);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>As many texts as there were, so that the model's cache knows them again.</summary>
    private void WriteApart(List<(JsonElement Block, string Where)> texts)
    {
        json.WriteStartArray();
        foreach (var (block, where) in texts) _parts.WriteText(block, where);
        json.WriteEndArray();
    }

    private void WriteCall(JsonElement call, string where)
    {
        json.WriteStartObject();
        json.WriteString("id", Json.NeededText(call, "id", where + "."));
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", AnthropicTools.NameFor(Json.NeededText(call, "name", where + "."), known));
        json.WriteString("arguments", Json.Object(call, "input", where + ".")?.GetRawText() ?? "{}");
        json.WriteEndObject();
        _parts.WriteCacheControl(call);
        json.WriteEndObject();
    }

    private void Begin(string role)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WritePropertyName("content");
    }

    public static IEnumerable<(JsonElement Block, string Type, string Where)> Blocks(JsonElement content, string where)
    {
        if (content.ValueKind != JsonValueKind.Array) throw Json.Wrong(where, "a string or an array of content blocks");
        var at = 0;
        foreach (var block in content.EnumerateArray())
        {
            var here = $"{where}.{at++}";
            if (block.ValueKind != JsonValueKind.Object) throw Json.Wrong(here, "an object");
            yield return (block, Json.NeededText(block, "type", here + "."), here);
        }
    }
}
