using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Providers.Bedrock;

/// <summary>
/// OpenAI messages as Converse's: system texts stand apart as long as nobody has spoken, tool results are a user's, users and assistants take turns (so
/// neighbours of one role are one message), and no text is blank. A system text that comes later is a user's where it stands, as with Anthropic.
/// </summary>
internal sealed class ConverseMessages(BedrockModel model)
{
    /// <summary>Of an id of a call.</summary>
    private const int LongestId = 64;

    /// <summary>Stands for a result without words, which are refused.</summary>
    private const string NoResult = "(empty)";

    private readonly ConverseFiles _files = new();

    /// <summary>The history has calls of tools, or their results.</summary>
    public static bool HasCalls(JsonElement body) => ChatMessage.All(body).Any(m => m.Role == "tool" || (m.Role == "assistant" && ChatMessage.Calls(m.Message, m.Where).Any()));

    /// <param name="instruction">Of the gateway's own, behind the client's: what is cached is the beginning.</param>
    public void Write(Utf8JsonWriter json, JsonElement body, string? instruction)
    {
        var all = ChatMessage.All(body).ToList();
        var first = all.TakeWhile(m => m.Role == "system").ToList();
        WriteSystem(json, first, instruction);
        MessageTurns.Write(json, all.Skip(first.Count), (turn, isLast) => Blocks(turn.Message, turn.Role, turn.Where, isLast));
    }

    private void WriteSystem(Utf8JsonWriter json, List<(JsonElement Message, string Role, string Where)> messages, string? instruction)
    {
        var blocks = messages.SelectMany(m => Texts(m.Message, m.Where)).ToList();
        if (instruction is not null) blocks.Add(to => WriteText(to, JsonText.Element(instruction)));
        if (blocks.Count == 0) return;
        json.WriteStartArray("system");
        foreach (var block in blocks) block(json);
        json.WriteEndArray();
    }

    private List<Action<Utf8JsonWriter>> Texts(JsonElement message, string where)
    {
        var blocks = new List<Action<Utf8JsonWriter>>();
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            var text = ChatMessage.Text(part, here);
            if (text.ValueKind == JsonValueKind.Undefined) throw UpstreamException.CallerFault(here + ".type", $"{here}.type must be text in a system message.");
            if (!string.IsNullOrWhiteSpace(text.GetString())) blocks.Add(json => WriteText(json, text));
            AddCachePoint(blocks, part, message);
        }

        return blocks;
    }

    private List<Action<Utf8JsonWriter>> Blocks(JsonElement message, string role, string where, bool isLast)
    {
        if (role == "system") return Texts(message, where);
        var blocks = new List<Action<Utf8JsonWriter>>();
        if (role == "tool")
        {
            blocks.Add(json => WriteResult(json, message, where));
            if (!AddCachePoint(blocks, message, default)) AddCachePoint(blocks, ChatMessage.Parts(message, where).LastOrDefault(p => HasCachePoint(p.Part)).Part, default);
            return blocks;
        }

        // Whatever other models think, they take no signature.
        if (role == "assistant" && model.IsClaude) AddThoughts(blocks, message);
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            if (SignedThoughts.IsThought(part)) continue;
            var text = ChatMessage.Text(part, here);
            if (text.ValueKind == JsonValueKind.Undefined) blocks.Add(json => WritePart(json, part, here));
            else if (role == "assistant" && isLast) AddLastWords(blocks, text);
            else if (!string.IsNullOrWhiteSpace(text.GetString())) blocks.Add(json => WriteText(json, text));
            AddCachePoint(blocks, part, message);
        }

        if (role != "assistant") return blocks;
        foreach (var (call, id, name, function, here) in ChatMessage.Calls(message, where))
        {
            blocks.Add(json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("toolUse");
                json.WriteString("toolUseId", Id(id ?? name));
                json.WriteString("name", name);
                json.WritePropertyName("input");
                ChatMessage.WriteArguments(json, function, here);
                json.WriteEndObject();
                json.WriteEndObject();
            });
            AddCachePoint(blocks, call, default);
        }

        return blocks;
    }

    /// <summary>Those that a model has signed: what is not signed is another one's, and refused.</summary>
    private static void AddThoughts(List<Action<Utf8JsonWriter>> blocks, JsonElement message)
    {
        if (!message.TryGetProperty("thinking_blocks", out var thoughts) || thoughts.ValueKind != JsonValueKind.Array) return;
        foreach (var thought in thoughts.EnumerateArray())
        {
            if (ChatMessage.Type(thought) == "thinking" && ChatMessage.String(thought, "signature") is { Length: > 0 } signature)
            {
                var words = ChatMessage.String(thought, "thinking") ?? "";
                blocks.Add(json => WriteThought(json, within =>
                {
                    within.WriteStartObject("reasoningText");
                    within.WriteString("text", words);
                    within.WriteString("signature", signature);
                    within.WriteEndObject();
                }));
            }
            else if (ChatMessage.Type(thought) == "redacted_thinking" && ChatMessage.String(thought, "data") is { Length: > 0 } data)
            {
                blocks.Add(json => WriteThought(json, within => within.WriteString("redactedContent", data)));
            }
        }
    }

    private static void WriteThought(Utf8JsonWriter json, Action<Utf8JsonWriter> within)
    {
        json.WriteStartObject();
        json.WriteStartObject("reasoningContent");
        within(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>An answer that the model is to go on with must not end in white space.</summary>
    private static void AddLastWords(List<Action<Utf8JsonWriter>> blocks, JsonElement text)
    {
        var words = text.GetString()!.TrimEnd();
        if (words.Length > 0) blocks.Add(json => WriteText(json, JsonText.Element(words)));
    }

    private static void WriteText(Utf8JsonWriter json, JsonElement text)
    {
        json.WriteStartObject();
        json.WritePropertyName("text");
        ChatMessage.WriteRaw(json, text);
        json.WriteEndObject();
    }

    private void WritePart(Utf8JsonWriter json, JsonElement part, string where)
    {
        switch (ChatMessage.Type(part))
        {
            case "image_url":
                _files.WriteImage(json, part, where);
                break;
            case "file":
                _files.WriteFile(json, part, where);
                break;
            default:
                throw UpstreamException.CallerFault(where + ".type", $"{where}.type must be text, image_url or file: Bedrock takes nothing else.");
        }
    }

    private void WriteResult(Utf8JsonWriter json, JsonElement message, string where)
    {
        json.WriteStartObject();
        json.WriteStartObject("toolResult");
        json.WriteString("toolUseId", Id(ChatMessage.String(message, "tool_call_id") ?? ChatMessage.String(message, "name")
            ?? throw UpstreamException.CallerFault(where + ".tool_call_id", $"{where}.tool_call_id must be a string.")));
        json.WriteStartArray("content");
        var isEmpty = true;
        foreach (var (part, here) in ChatMessage.Parts(message, where))
        {
            var text = ChatMessage.Text(part, here);
            if (text.ValueKind == JsonValueKind.Undefined) WritePart(json, part, here);
            else if (!string.IsNullOrWhiteSpace(text.GetString())) WriteText(json, text);
            else continue;
            isEmpty = false;
        }

        if (isEmpty) WriteText(json, JsonText.Element(NoResult));
        json.WriteEndArray();
        // Other models' do not know the word.
        if (model.CachesPrompts && message.TryGetProperty("is_error", out var failed) && failed.ValueKind == JsonValueKind.True) json.WriteString("status", "error");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Ids there are of letters, digits, - and _, and not long; what is longer is told by its hash.</summary>
    private static string Id(string id)
    {
        var plain = string.Create(id.Length, id, static (to, from) =>
        {
            for (var at = 0; at < to.Length; at++) to[at] = char.IsAsciiLetterOrDigit(from[at]) || from[at] is '-' or '_' ? from[at] : '_';
        });
        return plain.Length is > 0 and <= LongestId ? plain : "call_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..32];
    }

    /// <summary>How far the client wants the prompt cached: said at a part, or at a message that is one text.</summary>
    /// <returns>Whether it does.</returns>
    private bool AddCachePoint(List<Action<Utf8JsonWriter>> blocks, JsonElement part, JsonElement message)
    {
        var holder = part.ValueKind == JsonValueKind.String ? message : part;
        // A point behind nothing is refused.
        if (blocks.Count == 0 || !HasCachePoint(holder)) return false;
        blocks.Add(json => WriteCachePoint(json, model, holder));
        return true;
    }

    private bool HasCachePoint(JsonElement holder) =>
        model.CachesPrompts && holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty("cache_control", out var cached) && cached.ValueKind == JsonValueKind.Object;

    public static void WriteCachePoint(Utf8JsonWriter json, BedrockModel model, JsonElement holder)
    {
        json.WriteStartObject();
        json.WriteStartObject("cachePoint");
        json.WriteString("type", "default");
        // Models before 4.5 know one time only.
        if (model.HasOutputFormat && ChatMessage.String(holder.GetProperty("cache_control"), "ttl") is { } life and ("5m" or "1h")) json.WriteString("ttl", life);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
