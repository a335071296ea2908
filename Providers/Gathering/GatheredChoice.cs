using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>One choice on its way to being whole.</summary>
internal sealed class GatheredChoice
{
    private readonly GatheredFields _delta = new();
    private readonly GatheredFields _others = new();
    private readonly SortedDictionary<int, GatheredToolCall> _calls = [];
    private readonly StringBuilder _content = new(), _thinkingParts = new();
    private bool _hasContent;
    private string? _finishReason, _role;
    private GatheredFields? _logprobs;

    /// <param name="escaped">What stands between the quotes of a JSON string.</param>
    public void AddContent(ReadOnlySpan<byte> escaped)
    {
        _hasContent = true;
        JsonText.AppendUnescaped(_content, escaped);
    }

    public void Add(JsonElement choice)
    {
        foreach (var member in choice.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null) continue;
            if (member.NameEquals("delta"u8) && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var field in member.Value.EnumerateObject()) AddField(field);
            }
            else if (member.NameEquals("finish_reason"u8))
            {
                _finishReason = member.Value.GetString();
            }
            else if (!member.NameEquals("index"u8))
            {
                AddOther(member);
            }
        }
    }

    /// <param name="asText">As a choice of a text completion.</param>
    public void WriteTo(Utf8JsonWriter json, int index, bool asText)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        if (asText) json.WriteString("text", _content.ToString());
        else WriteMessage(json);
        if (_logprobs is null)
        {
            json.WriteNull("logprobs");
        }
        else
        {
            json.WriteStartObject("logprobs");
            if (!asText)
            {
                _logprobs.Write(json, "content");
                _logprobs.Write(json, "refusal");
            }

            _logprobs.WriteAll(json, asText ? [] : ["refusal", "content"]);
            json.WriteEndObject();
        }

        json.WriteString("finish_reason", _finishReason ?? "stop");
        _others.WriteAll(json);
        json.WriteEndObject();
    }

    private void AddOther(JsonProperty member)
    {
        switch (member.Name)
        {
            case "text" when member.Value.ValueKind == JsonValueKind.String:
                JsonText.AppendText(_content, member.Value);
                break;
            case "logprobs" when member.Value.ValueKind == JsonValueKind.Object:
                _logprobs ??= new GatheredFields();
                foreach (var field in member.Value.EnumerateObject()) _logprobs.Add(field.Name, field.Value);
                break;
            default:
                _others.Replace(member.Name, member.Value);
                break;
        }
    }

    private void WriteMessage(Utf8JsonWriter json)
    {
        json.WriteStartObject("message");
        json.WriteString("role", _role ?? "assistant");
        if (_hasContent && (_content.Length > 0 || _calls.Count == 0)) json.WriteString("content", _content.ToString());
        else json.WriteNull("content");
        _delta.Write(json, "refusal");
        if (_thinkingParts.Length > 0 && !_delta.Has("reasoning_content")) json.WriteString("reasoning_content", _thinkingParts.ToString());
        _delta.WriteAll(json, "refusal");
        if (_calls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var call in _calls.Values) call.WriteTo(json);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void AddField(JsonProperty field)
    {
        switch (field.Name)
        {
            case "role":
                if (field.Value.ValueKind == JsonValueKind.String && field.Value.GetString() is { Length: > 0 } role) _role = role;
                break;
            case "content" when field.Value.ValueKind == JsonValueKind.String:
                _hasContent = true;
                JsonText.AppendText(_content, field.Value);
                break;
            case "content" when field.Value.ValueKind == JsonValueKind.Array:
                _hasContent = true;
                foreach (var part in field.Value.EnumerateArray()) AddPart(part);
                break;
            case "tool_calls" when field.Value.ValueKind == JsonValueKind.Array:
                foreach (var call in field.Value.EnumerateArray()) AddToolCall(call);
                break;
            case "provider_specific_fields" when field.Value.ValueKind == JsonValueKind.Object && field.Value.TryGetProperty("citation", out _):
                foreach (var member in field.Value.EnumerateObject()) _delta.Add(field.Name, member.NameEquals("citation"u8) ? Citations(member.Value) : Alone(member));
                break;
            // A whole message has Claude's blocks all and in their order, or none of them.
            case ChatMessage.OwnBlock:
                break;
            default:
                _delta.Add(field.Name, field.Value);
                break;
        }
    }

    /// <summary>A whole answer has all of them, as lists in a list (LiteLLM's form): the pieces of one would be taken for one another's.</summary>
    private static JsonElement Citations(JsonElement citation) => JsonElement.Parse([.. "{\"citations\":[["u8, .. JsonMarshal.GetRawUtf8Value(citation), .. "]]}"u8], NestedJson.Document);

    private static JsonElement Alone(JsonProperty member) => JsonElement.Parse([.. "{"u8, .. JsonText.Quote(member.Name), .. ":"u8, .. JsonMarshal.GetRawUtf8Value(member.Value), .. "}"u8], NestedJson.Document);

    /// <summary>Mistral's reasoning models send content as parts; the schema of a whole message knows only text.</summary>
    private void AddPart(JsonElement part)
    {
        if (part.ValueKind != JsonValueKind.Object) return;
        if (part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String) JsonText.AppendText(_content, text);
        if (!part.TryGetProperty("thinking", out var thinking)) return;
        if (thinking.ValueKind == JsonValueKind.String) JsonText.AppendText(_thinkingParts, thinking);
        if (thinking.ValueKind != JsonValueKind.Array) return;
        foreach (var inner in thinking.EnumerateArray())
        {
            if (inner.ValueKind == JsonValueKind.Object && inner.TryGetProperty("text", out var thought) && thought.ValueKind == JsonValueKind.String)
                JsonText.AppendText(_thinkingParts, thought);
        }
    }

    private void AddToolCall(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object) throw new JsonException();
        var index = call.TryGetProperty("index", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var number)
            ? number : _calls.Count;
        if (!_calls.TryGetValue(index, out var gathered)) _calls[index] = gathered = new GatheredToolCall();
        gathered.Add(call);
    }
}
