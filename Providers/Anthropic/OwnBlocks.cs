using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>
/// Puts the blocks of an answer together again, as they stand in a message that comes whole: for a client of Anthropic's that does not stream, and
/// gets them in their order, with those that OpenAI has no word for.
/// </summary>
internal sealed class OwnBlocks
{
    private const int MostBytes = 32 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _text = new(), _thinking = new(), _signature = new(), _input = new();
    private readonly List<byte[]> _citations = [];
    private readonly Dictionary<string, byte[]> _final = [];
    private byte[]? _start;
    private int _bytes;

    /// <exception cref="UpstreamException">TooLarge.</exception>
    public void Begin(ReadOnlySpan<byte> frame, AnthropicEvent found)
    {
        Clear();
        _start = frame[found.Block].ToArray();
        Add(_text, frame[found.Text]);
        Add(_thinking, frame[found.Thinking]);
    }

    /// <exception cref="UpstreamException">TooLarge.</exception>
    public void Go(ReadOnlySpan<byte> frame, AnthropicEvent found)
    {
        Add(_text, frame[found.Text]);
        Add(_thinking, frame[found.Thinking]);
        Add(_signature, frame[found.Signature]);
        Add(_input, frame[found.PartialJson]);
        AddFinal("content", frame[found.Content]);
        AddFinal("encrypted_content", frame[found.EncryptedContent]);
        if (frame[found.Citation] is not { IsEmpty: false } citation) return;
        Count(citation.Length);
        _citations.Add(citation.ToArray());
    }

    /// <returns>The block; empty: none was begun.</returns>
    public ReadOnlySpan<byte> End()
    {
        if (_start is null) return default;
        using var begun = JsonDocument.Parse(_start, NestedJson.Document);
        var output = new ArrayBufferWriter<byte>(_bytes + _start.Length + 64);
        using (var json = new Utf8JsonWriter(output, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            foreach (var member in begun.RootElement.EnumerateObject())
            {
                if (!IsWritten(json, member)) member.WriteTo(json);
            }

            if (_citations.Count > 0) WriteCitations(json);
            if (_signature.WrittenCount > 0) WriteText(json, "signature", _signature);
            foreach (var (name, value) in _final)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        Clear();
        return output.WrittenSpan;
    }

    private bool IsWritten(Utf8JsonWriter json, JsonProperty member)
    {
        switch (member.Name)
        {
            case "text" when _text.WrittenCount > 0:
                WriteText(json, member.Name, _text);
                return true;
            case "thinking" when _thinking.WrittenCount > 0:
                WriteText(json, member.Name, _thinking);
                return true;
            case "input" when _input.WrittenCount > 0:
                WriteInput(json);
                return true;
            default:
                // Behind the others.
                return (member.Name == "signature" && _signature.WrittenCount > 0) || (member.Name == "citations" && _citations.Count > 0) || _final.ContainsKey(member.Name);
        }
    }

    /// <summary>As it came, escapes and all.</summary>
    private static void WriteText(Utf8JsonWriter json, string name, ArrayBufferWriter<byte> escaped)
    {
        json.WritePropertyName(name);
        json.WriteRawValue([(byte)'"', .. escaped.WrittenSpan, (byte)'"'], skipInputValidation: true);
    }

    private void WriteInput(Utf8JsonWriter json)
    {
        json.WritePropertyName("input");
        try
        {
            var text = new StringBuilder();
            JsonText.AppendUnescaped(text, _input.WrittenSpan);
            using var input = JsonDocument.Parse(text.ToString(), NestedJson.Document);
            input.RootElement.WriteTo(json);
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException)
        {
            // Cut off by the limit of the answer.
            json.WriteStartObject();
            json.WriteEndObject();
        }
    }

    private void WriteCitations(Utf8JsonWriter json)
    {
        json.WriteStartArray("citations");
        foreach (var citation in _citations) json.WriteRawValue(citation, skipInputValidation: true);
        json.WriteEndArray();
    }

    /// <summary>A member that a delta has whole: the last one counts.</summary>
    /// <param name="value">JSON; empty: none.</param>
    private void AddFinal(string name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        Count(value.Length);
        _final[name] = value.ToArray();
    }

    /// <param name="literal">A JSON string; empty: none.</param>
    private void Add(ArrayBufferWriter<byte> to, ReadOnlySpan<byte> literal)
    {
        if (literal.Length <= 2) return;
        Count(literal.Length);
        to.Write(literal[1..^1]);
    }

    private void Count(int bytes)
    {
        _bytes += bytes;
        if (_bytes > MostBytes) throw UpstreamException.Of(FailureKind.TooLarge, $"A block of the answer is larger than {MostBytes} bytes.");
    }

    private void Clear()
    {
        _start = null;
        _bytes = 0;
        foreach (var text in (ReadOnlySpan<ArrayBufferWriter<byte>>)[_text, _thinking, _signature, _input]) text.ResetWrittenCount();
        _citations.Clear();
        _final.Clear();
    }
}
