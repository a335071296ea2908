using System.Buffers;
using System.Text.Unicode;

namespace OrleansLlm.Providers.OpenAi;

/// <summary>
/// The chunks of an answer say the same over and over but for one text. What was learned from one that was scanned in full holds for every
/// other that has the same bytes before and behind the text, if what stands between them is the inside of a JSON string: its output is known
/// without a look at the rest.
/// </summary>
internal sealed class RepeatedChunk
{
    private static readonly SearchValues<byte> NoPlainText =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    private byte[] _before = [], _behind = [], _outBefore = [], _outBehind = [];
    private bool _known;

    public int Choice { get; private set; }

    /// <summary>The text is the content of its choice, and nothing else (reasoning, a refusal).</summary>
    public bool IsContent { get; private set; }

    /// <param name="frame">As it came.</param>
    /// <param name="text">Where in it the text stands, without its quotes.</param>
    /// <param name="output">What became of the frame.</param>
    /// <param name="shift">By how much the text has moved in the output.</param>
    public void Learn(ReadOnlySpan<byte> frame, Range text, ReadOnlySpan<byte> output, int shift, int choice, bool isContent)
    {
        var (start, end) = (text.Start.Value, text.End.Value);
        Keep(ref _before, frame[..start]);
        Keep(ref _behind, frame[end..]);
        Keep(ref _outBefore, output[..(start + shift)]);
        Keep(ref _outBehind, output[(end + shift)..]);
        (_known, Choice, IsContent) = (true, choice, isContent);
    }

    /// <param name="text">Where the text stands in the result; never empty.</param>
    public bool TryRead(ReadOnlySpan<byte> frame, out byte[] output, out Range text)
    {
        (output, text) = ([], default);
        var length = frame.Length - _before.Length - _behind.Length;
        if (!_known || length <= 0 || !frame.EndsWith(_behind) || !frame.StartsWith(_before)) return false;
        var inner = frame.Slice(_before.Length, length);
        if (!IsInsideOfString(inner)) return false;
        output = GC.AllocateUninitializedArray<byte>(_outBefore.Length + length + _outBehind.Length);
        _outBefore.CopyTo(output.AsSpan());
        inner.CopyTo(output.AsSpan(_outBefore.Length));
        _outBehind.CopyTo(output.AsSpan(_outBefore.Length + length));
        text = new Range(_outBefore.Length, _outBefore.Length + length);
        return true;
    }

    /// <summary>Escapes by number are left to the full scan.</summary>
    private static bool IsInsideOfString(ReadOnlySpan<byte> text)
    {
        var rest = text;
        while (rest.IndexOfAny(NoPlainText) is >= 0 and var at)
        {
            if (rest[at] != '\\' || at + 1 == rest.Length || "\"\\/bfnrt"u8.IndexOf(rest[at + 1]) < 0) return false;
            rest = rest[(at + 2)..];
        }

        return Utf8.IsValid(text);
    }

    private static void Keep(ref byte[] kept, ReadOnlySpan<byte> bytes)
    {
        if (!bytes.SequenceEqual(kept)) kept = bytes.ToArray();
    }
}
