using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansLlm.Providers.OpenAi;

namespace OrleansLlm.Providers;

/// <summary>
/// LiteLLM's <c>merge_reasoning_content_in_choices</c>: what a model thinks is told in its text, as <c>&lt;think&gt;…&lt;/think&gt;</c>, to clients that have no place for it. One object per
/// answer. Thoughts that no text follows are closed as well (LiteLLM leaves them open), and those after a text are opened anew.
/// </summary>
internal sealed class MergedThoughts
{
    private readonly HashSet<int> _open = [];

    /// <summary>Characters that were put before what a choice says: by so many the places of its annotations move.</summary>
    private readonly Dictionary<int, long> _put = [];

    private static ReadOnlySpan<byte> OpeningTag => "<think>"u8;

    private static ReadOnlySpan<byte> ClosingTag => "</think>"u8;

    public static async IAsyncEnumerable<UpstreamChunk> OfAsync(IAsyncEnumerable<UpstreamChunk> answer, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var merged = new MergedThoughts();
        await foreach (var chunk in answer.WithCancellation(ct).ConfigureAwait(false)) yield return merged.Of(chunk);
    }

    /// <exception cref="UpstreamException">The chunk is no JSON object (Garbled).</exception>
    public UpstreamChunk Of(UpstreamChunk chunk)
    {
        // Once it has thought, hardly any chunk has anything to do with it.
        var mayHaveMoved = _put.Count > 0 && chunk.Json.Span.IndexOf("\"annotations\""u8) >= 0;
        if (_open.Count == 0 && !mayHaveMoved && chunk.Json.Span.IndexOf("\"reasoning_content\""u8) < 0) return chunk;
        var splices = new Splices();
        try
        {
            Merge(chunk.Json.Span, splices);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw UpstreamException.Of(FailureKind.Garbled, "The upstream sent a chunk that cannot be read.", wrong);
        }

        return splices.IsEmpty ? chunk : chunk with { Json = splices.Apply(chunk.Json.Span), MoreText = default };
    }

    private void Merge(ReadOnlySpan<byte> json, Splices splices)
    {
        var reader = new Utf8JsonReader(json, NestedJson.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isChoices = reader.ValueTextEquals("choices"u8);
            reader.Read();
            if (!isChoices || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) MergeChoice(ref reader, json, splices);
        }
    }

    private void MergeChoice(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, Splices splices)
    {
        var (index, ends, delta) = (0, false, (ToldDelta?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isIndex, isDelta, isReason) = (reader.ValueTextEquals("index"u8), reader.ValueTextEquals("delta"u8), reader.ValueTextEquals("finish_reason"u8));
            reader.Read();
            if (isIndex && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var given)) index = given;
            ends |= isReason && reader.TokenType == JsonTokenType.String;
            if (isDelta && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null) delta = ToldDelta.Read(ref reader);
            else reader.Skip();
        }

        if (delta is null) return;
        var begins = delta.Thought.Length > 0 && _open.Add(index);
        var closes = (ends || delta.Ends) && _open.Remove(index);
        var put = _put.GetValueOrDefault(index) + (begins ? OpeningTag.Length : 0) + Citations.CharactersIn(json[delta.ThoughtLiteral]) + (closes ? ClosingTag.Length : 0);
        if (put > 0) _put[index] = put;
        if (delta.HasThought || closes || (delta.HasAnnotations && put > 0)) splices.Replace(delta.Start, delta.End, delta.Said(begins, closes, put, json));
    }

    /// <param name="annotations">Of a message, an array.</param>
    private static byte[] Moved(ReadOnlySpan<byte> annotations, long by)
    {
        var reader = new Utf8JsonReader(annotations, NestedJson.Reader);
        var splices = new Splices();
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) reader.Skip();
            else
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) MoveCitation(ref reader, by, splices);
            }
        }

        return splices.Apply(annotations);
    }

    /// <param name="reader">On the name of a member of an annotation; left on the end of its value.</param>
    private static void MoveCitation(ref Utf8JsonReader reader, long by, Splices splices)
    {
        var isCitation = reader.ValueTextEquals("url_citation"u8);
        reader.Read();
        if (!isCitation || reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isPlace = reader.ValueTextEquals("start_index"u8) || reader.ValueTextEquals("end_index"u8);
            reader.Read();
            if (isPlace && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var place)) splices.Replace((int)reader.TokenStartIndex, (int)reader.BytesConsumed, JsonText.Number(place + by));
            else reader.Skip();
        }
    }

    /// <summary>A delta as it came. Texts stay as they are written: half of a character is a text as well.</summary>
    private sealed class ToldDelta
    {
        /// <summary>Of the members besides the texts.</summary>
        private readonly List<Range> _others = [];

        private byte[]? _content;
        private Range _annotations;

        public int Start { get; private init; }

        public int End { get; private set; }

        public bool HasThought { get; private set; }

        /// <summary>Without its quotes.</summary>
        public byte[] Thought { get; private set; } = [];

        /// <summary>Where it stands, with its quotes.</summary>
        public Range ThoughtLiteral { get; private set; }

        public bool HasAnnotations => _annotations.End.Value > 0;

        /// <summary>What it thinks is over with this.</summary>
        public bool Ends { get; private set; }

        /// <param name="reader">On its begin, or a null; left on its end.</param>
        public static ToldDelta Read(ref Utf8JsonReader reader)
        {
            var delta = new ToldDelta { Start = (int)reader.TokenStartIndex };
            var isNull = reader.TokenType == JsonTokenType.Null;
            while (!isNull && reader.Read() && reader.TokenType == JsonTokenType.PropertyName) delta.Take(ref reader);
            delta.End = (int)reader.BytesConsumed;
            return delta;
        }

        /// <param name="put">What stands before the text besides, this delta's included.</param>
        public byte[] Said(bool begins, bool closes, long put, ReadOnlySpan<byte> json)
        {
            List<byte> said = [(byte)'{'];
            foreach (var other in _others)
            {
                said.AddRange(json[other]);
                said.AddRange(","u8);
            }

            if (HasAnnotations) said.AddRange([.. "\"annotations\":"u8, .. Moved(json[_annotations], put), (byte)',']);

            if (Thought.Length == 0 && !closes && _content is null)
            {
                if (said.Count > 1) said.RemoveAt(said.Count - 1);
            }
            else
            {
                said.AddRange("\"content\":\""u8);
                if (begins) said.AddRange(OpeningTag);
                said.AddRange(Thought);
                if (closes) said.AddRange(ClosingTag);
                said.AddRange(_content ?? []);
                said.AddRange("\""u8);
            }

            said.AddRange("}"u8);
            return [.. said];
        }

        private void Take(ref Utf8JsonReader reader)
        {
            var start = (int)reader.TokenStartIndex;
            var (isThought, isContent) = (reader.ValueTextEquals("reasoning_content"u8), reader.ValueTextEquals("content"u8));
            var (isCalls, isRefusal, isAnnotations) = (reader.ValueTextEquals("tool_calls"u8), reader.ValueTextEquals("refusal"u8), reader.ValueTextEquals("annotations"u8));
            reader.Read();
            var valueStart = (int)reader.TokenStartIndex;
            var text = reader.TokenType == JsonTokenType.String ? reader.ValueSpan.ToArray() : null;
            var isArray = reader.TokenType == JsonTokenType.StartArray;
            reader.Skip();
            Ends |= (isContent || isRefusal) && text is { Length: > 0 };
            Ends |= isCalls && isArray;
            HasThought |= isThought;
            var value = valueStart..(int)reader.BytesConsumed;
            if (isThought) (Thought, ThoughtLiteral) = (text ?? [], text is null ? default : value);
            else if (isAnnotations && isArray) _annotations = value;
            else if (isContent && text is not null) _content = text;
            // A content that is null gives way to one that is said.
            else if (!isContent) _others.Add(start..(int)reader.BytesConsumed);
        }
    }
}
