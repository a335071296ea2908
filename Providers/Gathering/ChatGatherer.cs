using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// Folds the chunks of one answer into one <c>chat.completion</c> that passes the strict schema: <c>logprobs</c> and <c>message.refusal</c>
/// are always there, tool calls have no index but a type, and unknown fields are kept. Chunks of a text completion become one
/// <c>text_completion</c>; a list of embeddings is whole already and stays as it is. One object per answer; not thread-safe.
/// </summary>
/// <param name="maxBytes">The most bytes of chunks it takes. Default 32 MiB.</param>
public sealed class ChatGatherer(long maxBytes = 32 * 1024 * 1024)
{
    private const int FewMembers = 16;

    private readonly SortedDictionary<int, GatheredChoice> _choices = [];
    private readonly Dictionary<string, byte[]> _members = [];
    private byte[]? _usage;
    private ReadOnlyMemory<byte> _list;
    private bool _isText;
    private long _bytes;

    /// <exception cref="UpstreamException">TooLarge, or the chunk is no JSON object (Garbled).</exception>
    public void Add(UpstreamChunk chunk)
    {
        _bytes += chunk.Json.Length;
        if (_bytes > maxBytes)
        {
            throw new UpstreamException(new UpstreamFailure
            {
                Kind = FailureKind.TooLarge, Message = $"The answer is larger than {maxBytes} bytes, the most that is gathered into one response.",
            });
        }

        try
        {
            if (!chunk.MoreText.IsEmpty && _choices.TryGetValue(chunk.Choice, out var known))
            {
                known.AddContent(chunk.MoreText.Span);
                return;
            }

            using var document = JsonDocument.Parse(chunk.Json);
            if (document.RootElement.TryGetProperty("object"u8, out var kind) && kind.ValueKind == JsonValueKind.String)
            {
                _isText |= kind.ValueEquals("text_completion"u8);
                if (kind.ValueEquals("list"u8)) _list = chunk.Json;
            }

            foreach (var member in document.RootElement.EnumerateObject()) Take(member);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw UpstreamException.Of(FailureKind.Garbled, "The upstream sent a chunk that cannot be gathered.", wrong);
        }
    }

    /// <summary>The whole answer, in UTF-8.</summary>
    /// <param name="usage">Used if no chunk had a usage.</param>
    public byte[] ToCompletion(UpstreamUsage? usage = null)
    {
        if (!_list.IsEmpty) return _list.ToArray();
        var output = new ArrayBufferWriter<byte>((int)Math.Min(_bytes / 4, 1024 * 1024) + 512);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            WriteMember(json, "id", "\"\""u8);
            json.WriteString("object", _isText ? "text_completion" : "chat.completion");
            WriteMember(json, "created", "0"u8);
            WriteMember(json, "model", "\"\""u8);
            json.WriteStartArray("choices");
            foreach (var (index, choice) in _choices) choice.WriteTo(json, index, _isText);
            json.WriteEndArray();
            WriteUsage(json, usage);
            foreach (var (name, value) in _members)
            {
                if (name is "id" or "created" or "model") continue;
                json.WritePropertyName(name);
                json.WriteRawValue(value, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        // Whatever half of a character is left has no other half to come.
        return JsonText.WithWholeCharacters(output.WrittenSpan.ToArray());
    }

    private void Take(JsonProperty member)
    {
        var value = member.Value;
        if (member.NameEquals("choices"u8))
        {
            if (value.ValueKind != JsonValueKind.Array) return;
            foreach (var choice in value.EnumerateArray()) TakeChoice(choice);
        }
        else if (member.NameEquals("usage"u8))
        {
            if (value.ValueKind == JsonValueKind.Object) _usage = JsonMarshal.GetRawUtf8Value(value).ToArray();
        }
        else if (!member.NameEquals("object"u8) && !member.NameEquals("obfuscation"u8) && value.ValueKind != JsonValueKind.Null)
        {
            // "obfuscation" is padding against traffic analysis of streams.
            TakeOther(member);
        }
    }

    /// <summary>Of what names the answer the first counts, of all else the last.</summary>
    private void TakeOther(JsonProperty member)
    {
        var value = JsonMarshal.GetRawUtf8Value(member.Value);
        if (IsKept(member, value)) return;
        if (member.Name is "id" or "created" or "model") _members.TryAdd(member.Name, value.ToArray());
        else _members[member.Name] = value.ToArray();
    }

    /// <summary>The same again, as in nearly every chunk. Looked for one by one, so only among few.</summary>
    private bool IsKept(JsonProperty member, ReadOnlySpan<byte> value)
    {
        if (_members.Count > FewMembers) return false;
        foreach (var (name, kept) in _members)
        {
            if (value.SequenceEqual(kept) && member.NameEquals(name)) return true;
        }

        return false;
    }

    private void TakeChoice(JsonElement choice)
    {
        if (choice.ValueKind != JsonValueKind.Object) throw new JsonException();
        var hasIndex = choice.TryGetProperty("index"u8, out var given) && given.ValueKind == JsonValueKind.Number;
        var index = hasIndex && given.TryGetInt32(out var number) ? number : 0;
        if (!_choices.TryGetValue(index, out var gathered)) _choices[index] = gathered = new GatheredChoice();
        gathered.Add(choice);
    }

    private void WriteMember(Utf8JsonWriter json, string name, ReadOnlySpan<byte> otherwise)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(_members.TryGetValue(name, out var value) ? value : otherwise, skipInputValidation: true);
    }

    private void WriteUsage(Utf8JsonWriter json, UpstreamUsage? usage)
    {
        if (_usage is not null)
        {
            json.WritePropertyName("usage");
            json.WriteRawValue(_usage, skipInputValidation: true);
        }
        else if (usage is { } known)
        {
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", known.Prompt);
            json.WriteNumber("completion_tokens", known.Completion);
            json.WriteNumber("total_tokens", known.Total);
            json.WriteEndObject();
        }
    }
}
