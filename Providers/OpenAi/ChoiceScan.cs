using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>What a chunk's <c>choices</c> carry, and which choices of the answer have finished.</summary>
internal sealed class ChoiceScan(UpstreamRequest request)
{
    private const int MaxChoices = 128;
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();
    private static readonly byte[] Null = "null"u8.ToArray();
    private static readonly byte[] CalledTools = "\"tool_calls\""u8.ToArray();

    /// <summary>They are those of a text completion: each has a <c>text</c> instead of a <c>delta</c>.</summary>
    private readonly bool _isText = request.Operation == UpstreamOperation.Completion;

    // A bit for each choice.
    private UInt128 _seen, _finished, _calledTools, _haveRole;
    private Dictionary<int, KnownCalls>? _calls;
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
        var (reason, reasonAt) = ((string?)null, default(Range));
        var calls = new DeltaCalls();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members++;
            var name = reader.ValueSpan;
            reader.Read();
            if (_isText && name.SequenceEqual("text"u8) && reader.TokenType == JsonTokenType.String)
            {
                hasDelta = true;
                NoteText(ref reader, isContent: true);
            }
            else if (!_isText && name.SequenceEqual("delta"u8))
            {
                hasDelta = true;
                if (!hasIndex) index = IndexBehind(reader) ?? index;
                if (reader.TokenType == JsonTokenType.StartObject) ScanDelta(ref reader, splices, ref calls, index);
                else splices.Replace((int)reader.TokenStartIndex, EndOfValue(ref reader), EmptyObject);
            }
            else if (name.SequenceEqual("finish_reason"u8))
            {
                hasReason = true;
                if (reader.TokenType != JsonTokenType.String) reader.Skip();
                // Some servers write it so where they have none: it ends nothing.
                else if (reader.ValueSpan.IsEmpty) splices.Replace((int)reader.TokenStartIndex, (int)reader.BytesConsumed, Null);
                else (reason, reasonAt) = (Reason(ref reader), Value(ref reader));
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

        // Google's service for OpenAI's clients ends a stream of calls so, and its whole answers not: nobody would run them.
        if (reason == "stop" && (calls.Any || Has(_calledTools, index)))
        {
            reason = "tool_calls";
            splices.Replace(reasonAt.Start.Value, reasonAt.End.Value, CalledTools);
        }

        // xAI leaves finish_reason out of all chunks but the last; the schema wants all three.
        var end = (int)reader.TokenStartIndex;
        if (!hasDelta) Add(splices, end, ref members, _isText ? "\"text\":\"\"" : "\"delta\":{}");
        if (!hasIndex) Add(splices, end, ref members, string.Create(CultureInfo.InvariantCulture, $"\"index\":{index}"));
        if (!hasReason) Add(splices, end, ref members, "\"finish_reason\":null");
        Note(index, reason, calls.Any);
    }

    /// <summary>Of a choice that says its delta first.</summary>
    /// <param name="reader">A copy, at the delta.</param>
    private static int? IndexBehind(Utf8JsonReader reader)
    {
        reader.Skip();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIndex = reader.ValueSpan.SequenceEqual("index"u8);
            reader.Read();
            if (isIndex && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var index)) return index;
            reader.Skip();
        }

        return null;
    }

    private void ScanDelta(ref Utf8JsonReader reader, Splices splices, ref DeltaCalls calls, int choice)
    {
        var (members, hasRole, role, roleAt) = (0, Has(_haveRole, choice), false, default(Range));
        var (thoughtAt, hasThought) = (default(Range), false);
        ReadOnlySpan<byte> thought = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members++;
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("role"u8))
            {
                role = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;
                roleAt = Value(ref reader);
            }
            else if (name.SequenceEqual("content"u8) && reader.TokenType == JsonTokenType.StartArray)
            {
                ScanParts(ref reader, splices);
            }
            else if (name.SequenceEqual("tool_calls"u8) && reader.TokenType == JsonTokenType.StartArray)
            {
                ScanToolCalls(ref reader, splices, ref calls, choice);
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                NoteText(ref reader, name.SequenceEqual("content"u8));
                if (name.SequenceEqual("reasoning"u8)) thought = reader.ValueSpan;
                else if (name.SequenceEqual("reasoning_content"u8)) (hasThought, thoughtAt) = (reader.ValueSpan.Length > 0, Value(ref reader));
            }
            else
            {
                if (name.SequenceEqual("reasoning_content"u8)) thoughtAt = Value(ref reader);
                var start = reader.BytesConsumed;
                var isContainer = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
                reader.Skip();
                // An empty container is two bytes at most; what is in a larger one counts.
                if (isContainer && reader.BytesConsumed - start > 1) PayloadBytes += (int)(reader.BytesConsumed - start);
            }
        }

        if (!thought.IsEmpty && !hasThought)
        {
            // vLLM and OpenRouter call it so; most clients look for the older name. What is said twice is no model for the next chunk.
            _texts = int.MinValue;
            Say(splices, thoughtAt, (int)reader.TokenStartIndex, ref members, "reasoning_content", [(byte)'"', .. thought, (byte)'"']);
        }

        if (hasRole || choice is < 0 or >= MaxChoices) return;
        _haveRole |= UInt128.One << choice;
        if (role) return;
        // OpenAI's own helpers do not take an answer of nobody. Only this chunk has the role: it is no model for the next.
        _texts = int.MinValue;
        Say(splices, roleAt, (int)reader.TokenStartIndex, ref members, "role", "\"assistant\""u8.ToArray());
    }

    /// <summary>Mistral's reasoning models send content as parts, some of them thoughts: both are said as the others do.</summary>
    private void ScanParts(ref Utf8JsonReader reader, Splices splices)
    {
        var start = (int)reader.TokenStartIndex;
        var (text, thoughts) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        for (var (content, isThought) = (reader.CurrentDepth, false); reader.Read() && reader.CurrentDepth > content;)
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var (isText, isThinking) = (reader.ValueSpan.SequenceEqual("text"u8), reader.ValueSpan.SequenceEqual("thinking"u8));
            if (reader.CurrentDepth == content + 2) isThought = isThinking;
            reader.Read();
            // As they stand, escapes and all.
            if (reader.TokenType == JsonTokenType.String && (isText || isThinking)) (isThought ? thoughts : text).Write(reader.ValueSpan);
        }

        PayloadBytes += text.WrittenCount + thoughts.WrittenCount;
        _texts = int.MinValue;
        byte[] said = [(byte)'"', .. text.WrittenSpan, (byte)'"'];
        if (thoughts.WrittenCount > 0) said = [.. said, .. ",\"reasoning_content\":\""u8, .. thoughts.WrittenSpan, (byte)'"'];
        splices.Replace(start, (int)reader.BytesConsumed, said);
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
        if (!(_calls ??= []).TryGetValue(choice, out var known)) _calls[choice] = known = new KnownCalls(request, choice);
        known.BeginArray();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var start = (int)reader.TokenStartIndex;
            var piece = default(CallPiece);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                piece.Members++;
                var name = reader.ValueSpan;
                reader.Read();
                if (name.SequenceEqual("index"u8))
                {
                    piece.Given = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : null;
                    piece.Index = Value(ref reader);
                }
                else if (name.SequenceEqual("id"u8))
                {
                    if (reader.TokenType == JsonTokenType.String) piece.Id = reader.ValueSpan;
                    piece.IdValue = Value(ref reader);
                }
                else if (name.SequenceEqual("type"u8))
                {
                    piece.HasType = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;
                    piece.Type = Value(ref reader);
                }
                else if (name.SequenceEqual("function"u8) && reader.TokenType == JsonTokenType.StartObject)
                {
                    piece.IsFunction = true;
                    piece.HasName |= ScanFunction(ref reader, splices);
                }
                else
                {
                    reader.Skip();
                }
            }

            var end = (int)reader.TokenStartIndex;
            calls.Any = true;
            PayloadBytes += Math.Max(end - start - 24, 1);
            Mend(known, ref piece, end, splices);
        }
    }

    /// <summary>Gives a piece of a call what clients go by: the call's number, and where it begins its id and its type.</summary>
    private static void Mend(KnownCalls known, ref CallPiece piece, int end, Splices splices)
    {
        var call = known.Of(piece.Given, piece.Id, piece.HasName);
        if (call.Number != piece.Given) Say(splices, piece.Index, end, ref piece.Members, "index", JsonText.Number(call.Number));
        if (call.OurId is { } ours && (!call.HasBegun || piece.Id.Length > 0)) Say(splices, piece.IdValue, end, ref piece.Members, "id", ours);
        // Mistral leaves the type out, which OpenAI's own helpers do not take.
        if (!call.HasBegun && piece.IsFunction && !piece.HasType) Say(splices, piece.Type, end, ref piece.Members, "type", "\"function\""u8.ToArray());
        call.HasBegun = true;
    }

    /// <param name="value">Where it stands; empty: it has to be added.</param>
    private static void Say(Splices splices, Range value, int end, ref int members, string name, byte[] json)
    {
        if (value.End.Value > 0) splices.Replace(value.Start.Value, value.End.Value, json);
        else Add(splices, end, ref members, $"\"{name}\":{Encoding.UTF8.GetString(json)}");
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

    private static bool Has(UInt128 choices, int index) => index is >= 0 and < MaxChoices && (choices >> index & 1) != 0;

    private static string Reason(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("stop"u8) ? "stop"
        : reader.ValueTextEquals("length"u8) ? "length"
        : reader.ValueTextEquals("tool_calls"u8) ? "tool_calls"
        : reader.GetString()!;

    private static Range Value(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        return start..EndOfValue(ref reader);
    }

    private static int EndOfValue(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return (int)reader.BytesConsumed;
    }

    private static void Add(Splices splices, int end, ref int members, string member) =>
        splices.Insert(end, Encoding.UTF8.GetBytes(members++ > 0 ? "," + member : member));

    private struct DeltaCalls
    {
        public bool Any;
    }

    /// <summary>What one piece of a call has, and where.</summary>
    private ref struct CallPiece
    {
        public int Members;
        public int? Given;
        public ReadOnlySpan<byte> Id;
        public Range Index, IdValue, Type;
        public bool HasName, HasType, IsFunction;
    }
}
