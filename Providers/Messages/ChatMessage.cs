using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>Reading OpenAI's chat messages, with errors that name the field at fault.</summary>
internal static class ChatMessage
{
    /// <summary>The gateway's own member of an assistant's message: Claude's blocks as its client sent them back; and of the system's, which is as a client of Claude's sent it. Only its own dialect sends it on.</summary>
    public const string OwnContent = "anthropic_content";

    /// <summary>The gateway's own member of a stream's delta: one of Claude's blocks that OpenAI has no words for, whole. Only Anthropic's door reads it.</summary>
    public const string OwnBlock = "anthropic_block";

    /// <summary>The gateway's own members of a choice: what Anthropic tells with a message's begin and its end, and OpenAI has no words for. Only Anthropic's door reads them.</summary>
    public const string OwnStart = "anthropic_start";

    /// <summary>See <see cref="OwnStart"/>.</summary>
    public const string OwnEnd = "anthropic_end";

    /// <summary>The same of a call in a stream's delta.</summary>
    public const string OwnCall = "anthropic_call";

    /// <summary>
    /// Characters of a function's name, of which no service takes as many: some dialects say it again in each result of a call, and a request may have a hundred
    /// thousand of them.
    /// </summary>
    public const int LongestName = 256;

    /// <summary>The messages with their place: <c>messages[2]</c>.</summary>
    public static IEnumerable<(JsonElement Message, string Role, string Where)> All(JsonElement body)
    {
        if (!body.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
            throw UpstreamException.CallerFault("messages", "messages must be an array.");
        var at = 0;
        FunctionCall? called = null;
        foreach (var message in messages.EnumerateArray())
        {
            var where = $"messages[{at++}]";
            if (message.ValueKind != JsonValueKind.Object) throw UpstreamException.CallerFault(where, $"{where} must be an object.");
            var role = Role(message, where);
            if (role == "assistant") called = FunctionCall.Of(message, at);
            yield return (role switch { "assistant" => called?.AsToolCall(message) ?? RefusalAsContent(message), "tool" => called?.Answered(message), _ => null } ?? message, role, where);
        }
    }

    /// <summary>
    /// The same, with the results of one turn in the order of its calls: where a result names its function and nothing else, two calls of the same
    /// function would have each other's.
    /// </summary>
    public static List<(JsonElement Message, string Role, string Where)> AllWithResultsInOrder(JsonElement body)
    {
        var all = All(body).ToList();
        var order = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var at = 0; at < all.Count; at++)
        {
            if (all[at].Role == "assistant") order = OrderOfCalls(all[at].Message, all[at].Where);
            if (all[at].Role != "tool") continue;
            var results = all.Skip(at).TakeWhile(m => m.Role == "tool").ToList();
            var places = results.ConvertAll(result => String(result.Message, "tool_call_id") is { } id ? order.GetValueOrDefault(id, -1) : -1);
            // A result of which the call is not known might be anybody's: then nothing is moved.
            if (!places.Contains(-1))
            {
                var next = at;
                foreach (var (result, _) in results.Zip(places).OrderBy(pair => pair.Second)) all[next++] = result;
            }

            at += results.Count - 1;
        }

        return all;
    }

    /// <summary>The content as parts; a text alone is one of them. Nothing: no content, or an empty text.</summary>
    public static IEnumerable<(JsonElement Part, string Where)> Parts(JsonElement message, string where)
    {
        where += ".content";
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null) yield break;
        if (content.ValueKind == JsonValueKind.String)
        {
            if (!content.ValueEquals(""u8)) yield return (content, where);
            yield break;
        }

        if (content.ValueKind != JsonValueKind.Array) throw UpstreamException.CallerFault(where, $"{where} must be a string or an array of content parts.");
        var at = 0;
        foreach (var part in content.EnumerateArray())
        {
            var here = $"{where}[{at++}]";
            if (part.ValueKind is not (JsonValueKind.Object or JsonValueKind.String)) throw UpstreamException.CallerFault(here, $"{here} must be an object.");
            yield return (part, here);
        }
    }

    /// <summary>The text of a text part, undefined for one that is none.</summary>
    public static JsonElement Text(JsonElement part, string where)
    {
        if (part.ValueKind == JsonValueKind.String) return part;
        var field = Type(part) switch { "text" or "input_text" or "output_text" => "text", "refusal" => "refusal", _ => null };
        if (field is null) return default;
        return part.TryGetProperty(field, out var text) && text.ValueKind == JsonValueKind.String
            ? text : throw UpstreamException.CallerFault($"{where}.{field}", $"{where}.{field} must be a string.");
    }

    public static string? Type(JsonElement part) => String(part, "type");

    /// <summary>The address of an image part.</summary>
    public static (string Url, string Where) ImageUrl(JsonElement part, string where)
    {
        where += ".image_url";
        if (!part.TryGetProperty("image_url", out var url)) throw UpstreamException.CallerFault(where, $"{where} is missing.");
        if (url.ValueKind == JsonValueKind.Object)
        {
            where += ".url";
            url = url.TryGetProperty("url", out var inner) ? inner : default;
        }

        return url.ValueKind == JsonValueKind.String ? (url.GetString()!, where) : throw UpstreamException.CallerFault(where, $"{where} must be a string.");
    }

    /// <summary>The tool calls of an assistant's message.</summary>
    public static IEnumerable<(JsonElement Call, string? Id, string Name, JsonElement Function, string Where)> Calls(JsonElement message, string where)
    {
        if (!message.TryGetProperty("tool_calls", out var calls) || calls.ValueKind == JsonValueKind.Null) yield break;
        where += ".tool_calls";
        if (calls.ValueKind != JsonValueKind.Array) throw UpstreamException.CallerFault(where, $"{where} must be an array.");
        var at = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var here = $"{where}[{at++}]";
            if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object)
                throw UpstreamException.CallerFault(here + ".function", $"{here}.function must be an object.");
            var name = String(function, "name") ?? throw UpstreamException.CallerFault(here + ".function.name", $"{here}.function.name must be a string.");
            if (name.Length > LongestName) throw UpstreamException.CallerFault(here + ".function.name", $"{here}.function.name must have at most {LongestName} characters.");
            yield return (call, String(call, "id"), name, function, here);
        }
    }

    /// <summary>
    /// Writes a call's arguments as the object that they are in dialects without strings for them. What a model has said that is none, mostly for want of
    /// tokens, comes back with every later turn of its client and must not end the conversation: it is told in an object, by Anthropic's name for it.
    /// </summary>
    public static void WriteArguments(Utf8JsonWriter json, JsonElement function, string where)
    {
        where += ".function.arguments";
        if (!function.TryGetProperty("arguments", out var arguments) || arguments.ValueKind == JsonValueKind.Null
            || (arguments.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(arguments.GetString())))
        {
            json.WriteStartObject();
            json.WriteEndObject();
            return;
        }

        if (arguments.ValueKind == JsonValueKind.Object)
        {
            arguments.WriteTo(json);
            return;
        }

        if (arguments.ValueKind != JsonValueKind.String) throw UpstreamException.CallerFault(where, $"{where} must be a string.");
        try
        {
            using var parsed = JsonDocument.Parse(arguments.GetString()!, NestedJson.Document);
            if (parsed.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException();
            parsed.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteStartObject();
            json.WritePropertyName("INVALID_JSON");
            WriteRaw(json, arguments);
            json.WriteEndObject();
        }
    }

    public static string? String(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Writes a string as it stands, escapes and all.</summary>
    public static void WriteRaw(Utf8JsonWriter json, JsonElement text) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(text), skipInputValidation: true);

    /// <summary>The message with a member more, or in the place of the one that it has.</summary>
    public static JsonElement With(JsonElement message, string name, Action<Utf8JsonWriter> value)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            foreach (var member in message.EnumerateObject())
            {
                if (!member.NameEquals(name)) member.WriteTo(json);
            }

            json.WritePropertyName(name);
            value(json);
            json.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan, NestedJson.Document);
    }

    /// <summary>An answer in which the model has refused has its words in <c>refusal</c> alone, which is OpenAI's; in other dialects they are its text.</summary>
    /// <returns>Null: it has not, or says something besides.</returns>
    private static JsonElement? RefusalAsContent(JsonElement message) => message.TryGetProperty("refusal", out var refusal) && refusal.ValueKind == JsonValueKind.String && !refusal.ValueEquals(""u8)
        && (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null || (content.ValueKind == JsonValueKind.String && content.ValueEquals(""u8)))
            ? With(message, "content", json => WriteRaw(json, refusal)) : null;

    private static Dictionary<string, int> OrderOfCalls(JsonElement message, string where)
    {
        var order = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (_, id, _, _, _) in Calls(message, where))
        {
            if (id is not null) order[id] = order.Count;
        }

        return order;
    }

    private static string Role(JsonElement message, string where) => String(message, "role") switch
    {
        "system" or "developer" => "system",
        "user" => "user",
        "assistant" => "assistant",
        "tool" or "function" => "tool",
        _ => throw UpstreamException.CallerFault(where + ".role", $"{where}.role must be system, developer, user, assistant, tool or function."),
    };
}
