using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>What a chunk's <c>choices</c> carry, and which choices of the answer have finished.</summary>
/// <param name="isText">They are those of a text completion: each has a <c>text</c> instead of a <c>delta</c>.</param>
internal sealed class ChoiceScan(bool isText)
{
    private const int MaxChoices = 128;
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();
    private static readonly byte[] Null = "null"u8.ToArray();

    // A bit for each choice.
    private UInt128 _seen, _finished, _calledTools;
    private Dictionary<int, ToolCallIndexes>? _indexes;
    private bool _renumbers;
    private int _highest = -1, _choicesInChunk, _open, _texts;
    private Range _text;

    public bool AnySeen => _highest >= 0;

    public bool AllFinished => _highest >= 0 && _open == 0;

    /// <summary>The chunk just scanned had no choices.</summary>
    public bool ChunkIsEmpty => _choicesInChunk == 0;

    /// <summary>Bytes of text, arguments and the like in the chunk just scanned.</summary>
    public int PayloadBytes { get; private set; }

    /// <summary>The last finish reason in the chunk just scanned.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>The one thing that the chunk just scanned says, where it is one text: where it stands, without its quotes.</summary>
    public Range? OnlyText => _texts == 1 && _choicesInChunk == 1 && FinishReason is null && PayloadBytes == _text.End.Value - _text.Start.Value ? _text : null;

    /// <summary>Of <see cref="OnlyText"/>: it is the content of its choice.</summary>
    public bool TextIsContent { get; private set; }

    /// <summary>Of <see cref="OnlyText"/>.</summary>
    public int TextChoice { get; private set; }

    public void BeginChunk() => (_choicesInChunk, PayloadBytes, FinishReason, _texts) = (0, 0, null, 0);

    /// <summary>Choices that began and never got a finish reason, with the one that fits.</summary>
    public IEnumerable<(int Index, string Reason)> Unfinished()
    {
        for (var index = 0; index <= _highest; index++)
        {
            if (Has(_seen, index) && !Has(_finished, index)) yield return (index, Has(_calledTools, index) ? "tool_calls" : "stop");
        }
    }

    /// <summary>Scans the array at which the reader stands.</summary>
    public void Scan(ref Utf8JsonReader reader, Splices splices)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) ScanChoice(ref reader, splices);
        if (reader.TokenType != JsonTokenType.EndArray) throw new JsonException();
    }

    private void ScanChoice(ref Utf8JsonReader reader, Splices splices)
    {
        var (members, index, hasIndex, hasDelta, hasReason) = (0, _choicesInChunk++, false, false, false);
        string? reason = null;
        var calls = new DeltaCalls();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members++;
            var name = reader.ValueSpan;
            reader.Read();
            if (isText && name.SequenceEqual("text"u8) && reader.TokenType == JsonTokenType.String)
            {
                hasDelta = true;
                NoteText(ref reader, isContent: true);
            }
            else if (!isText && name.SequenceEqual("delta"u8))
            {
                hasDelta = true;
                if (reader.TokenType == JsonTokenType.StartObject) ScanDelta(ref reader, splices, ref calls, index);
                else splices.Replace((int)reader.TokenStartIndex, EndOfValue(ref reader), EmptyObject);
            }
            else if (name.SequenceEqual("finish_reason"u8))
            {
                hasReason = true;
                if (reader.TokenType != JsonTokenType.String) reader.Skip();
                // Some servers write it so where they have none: it ends nothing.
                else if (reader.ValueSpan.IsEmpty) splices.Replace((int)reader.TokenStartIndex, (int)reader.BytesConsumed, Null);
                else reason = Reason(ref reader);
            }
            else if (name.SequenceEqual("index"u8) && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var given))
            {
                hasIndex = true;
                index = given;
            }
            else
            {
                // Logprobs add up: what says them says more than its text.
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) _texts = int.MinValue;
                reader.Skip();
            }
        }

        // xAI leaves finish_reason out of all chunks but the last; the schema wants all three.
        var end = (int)reader.TokenStartIndex;
        if (!hasDelta) Add(splices, end, ref members, isText ? "\"text\":\"\"" : "\"delta\":{}");
        if (!hasIndex) Add(splices, end, ref members, string.Create(CultureInfo.InvariantCulture, $"\"index\":{index}"));
        if (!hasReason) Add(splices, end, ref members, "\"finish_reason\":null");
        Note(index, reason, calls.Any);
    }

    private void ScanDelta(ref Utf8JsonReader reader, Splices splices, ref DeltaCalls calls, int choice)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("role"u8))
            {
                reader.Skip();
            }
            else if (name.SequenceEqual("tool_calls"u8) && reader.TokenType == JsonTokenType.StartArray)
            {
                ScanToolCalls(ref reader, splices, ref calls, choice);
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                NoteText(ref reader, name.SequenceEqual("content"u8));
            }
            else
            {
                var start = reader.BytesConsumed;
                var isContainer = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
                reader.Skip();
                // An empty container is two bytes at most; what is in a larger one counts (Mistral sends content as an array of parts).
                if (isContainer && reader.BytesConsumed - start > 1) PayloadBytes += (int)(reader.BytesConsumed - start);
            }
        }
    }

    private void NoteText(ref Utf8JsonReader reader, bool isContent)
    {
        var length = reader.ValueSpan.Length;
        if (length == 0) return;
        PayloadBytes += length;
        _texts++;
        TextIsContent = isContent;
        _text = new Range((int)reader.TokenStartIndex + 1, (int)reader.TokenStartIndex + 1 + length);
    }

    private void ScanToolCalls(ref Utf8JsonReader reader, Splices splices, ref DeltaCalls calls, int choice)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var start = (int)reader.TokenStartIndex;
            var (members, hasName) = (0, false);
            var (given, index) = ((int?)null, default(Range));
            ReadOnlySpan<byte> id = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                members++;
                var name = reader.ValueSpan;
                reader.Read();
                if (name.SequenceEqual("index"u8))
                {
                    given = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : null;
                    index = (int)reader.TokenStartIndex..EndOfValue(ref reader);
                }
                else if (name.SequenceEqual("id"u8) && reader.TokenType == JsonTokenType.String) id = reader.ValueSpan;
                else if (name.SequenceEqual("function"u8) && reader.TokenType == JsonTokenType.StartObject) hasName |= ScanFunction(ref reader, splices);
                else reader.Skip();
            }

            var end = (int)reader.TokenStartIndex;
            calls.Any = true;
            PayloadBytes += Math.Max(end - start - 24, 1);
            NumberCall(splices, choice, given, index, id, hasName, end, ref members);
        }
    }

    private void NumberCall(Splices splices, int choice, int? given, Range index, ReadOnlySpan<byte> id, bool hasName, int end, ref int members)
    {
        // What only goes on with a call keeps its number, unless there was a wrong one in this answer.
        if (given is not null && !_renumbers && (id.IsEmpty || !hasName)) return;
        if (!(_indexes ??= []).TryGetValue(choice, out var indexes)) _indexes[choice] = indexes = new ToolCallIndexes();
        var number = given is { } known ? indexes.Of(known, id, hasName) : indexes.Of(id, hasName);
        if (number == given) return;
        _renumbers |= given is not null;
        if (index.End.Value > 0) splices.Replace(index.Start.Value, index.End.Value, JsonText.Number(number));
        else Add(splices, end, ref members, string.Create(CultureInfo.InvariantCulture, $"\"index\":{number}"));
    }

    private static bool ScanFunction(ref Utf8JsonReader reader, Splices splices)
    {
        var hasName = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isName, isArguments) = (reader.ValueSpan.SequenceEqual("name"u8), reader.ValueSpan.SequenceEqual("arguments"u8));
            reader.Read();
            hasName |= isName && reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;
            if (isArguments && reader.TokenType == JsonTokenType.StartObject) SayAsText(ref reader, splices);
            else reader.Skip();
        }

        return hasName;
    }

    /// <summary>OpenAI has the arguments as the text of an object, some servers as the object itself.</summary>
    private static void SayAsText(ref Utf8JsonReader reader, Splices splices)
    {
        var start = (int)reader.TokenStartIndex;
        using var value = JsonDocument.ParseValue(ref reader);
        splices.Replace(start, (int)reader.BytesConsumed, JsonText.Quote(value.RootElement.GetRawText()));
    }

    private void Note(int index, string? reason, bool calledTools)
    {
        if (reason is not null) FinishReason = reason;
        TextChoice = index;
        if (index is < 0 or >= MaxChoices) return;
        _highest = Math.Max(_highest, index);
        var choice = UInt128.One << index;
        if (!Has(_seen, index))
        {
            _seen |= choice;
            _open++;
        }

        if (calledTools) _calledTools |= choice;
        if (reason is null || Has(_finished, index)) return;
        _finished |= choice;
        _open--;
    }

    private static bool Has(UInt128 choices, int index) => (choices >> index & 1) != 0;

    private static string Reason(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("stop"u8) ? "stop"
        : reader.ValueTextEquals("length"u8) ? "length"
        : reader.ValueTextEquals("tool_calls"u8) ? "tool_calls"
        : reader.GetString()!;

    private static int EndOfValue(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return (int)reader.BytesConsumed;
    }

    private static void Add(Splices splices, int end, ref int members, string member) =>
        splices.Insert(end, Encoding.ASCII.GetBytes(members++ > 0 ? "," + member : member));

    private struct DeltaCalls
    {
        public bool Any;
    }
}
