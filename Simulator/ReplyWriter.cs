using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansLlm.Simulator;

/// <summary>
/// The body of a reply on its way out: collects bytes and flushes them whole, or in the pieces that a fault asks for.
/// </summary>
internal sealed class ReplyWriter(PipeWriter pipe, Fault? fault) : IBufferWriter<byte>
{
    public static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly SearchValues<char> MustEscape =
        SearchValues.Create([.. "\"\\", .. Enumerable.Range(0, 0x20).Select(code => (char)code)]);

    private const int FlushAt = 16 * 1024;

    private readonly ArrayBufferWriter<byte>? _held = fault?.Kind is FaultKind.Pieces or FaultKind.SplitUtf8 ? new() : null;
    private int _piece;
    private int _unflushed;

    public bool ShouldFlush => _unflushed >= FlushAt;

    private IBufferWriter<byte> Target => _held is null ? pipe : _held;

    public void Advance(int count)
    {
        Target.Advance(count);
        _unflushed += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => Target.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => Target.GetSpan(sizeHint);

    public void Text(string text) => Utf8(text);

    /// <summary>A JSON string with its quotes; only what must be escaped is, so that other characters stay raw UTF-8 as from a real
    /// server.</summary>
    public void JsonString(ReadOnlySpan<char> text)
    {
        this.Write("\""u8);
        while (text.IndexOfAny(MustEscape) is >= 0 and var at)
        {
            Utf8(text[..at]);
            if (text[at] is '"' or '\\') Text("\\" + text[at]);
            else Text(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:x4}"));
            text = text[(at + 1)..];
        }

        Utf8(text);
        this.Write("\""u8);
    }

    public async ValueTask FlushAsync(CancellationToken ct)
    {
        _unflushed = 0;
        if (_held is not null)
        {
            var bytes = _held.WrittenMemory;
            while (bytes.Length > 0)
            {
                var length = NextPiece(bytes.Span);
                await pipe.WriteAsync(bytes[..length], ct);
                await Task.Yield();
                bytes = bytes[length..];
            }

            _held.ResetWrittenCount();
        }

        await pipe.FlushAsync(ct);
    }

    private void Utf8(ReadOnlySpan<char> text) =>
        Advance(Encoding.UTF8.GetBytes(text, GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    private int NextPiece(ReadOnlySpan<byte> bytes)
    {
        if (fault!.Kind == FaultKind.SplitUtf8)
        {
            var lead = bytes[1..].IndexOfAnyInRange((byte)0xC2, (byte)0xF4);
            return bytes[0] >= 0xC2 ? 1 : lead < 0 ? bytes.Length : lead + 2;
        }

        var pieces = fault.Pieces is { Count: > 0 } given ? given : [1];
        return Math.Clamp(pieces[_piece++ % pieces.Count], 1, bytes.Length);
    }
}
