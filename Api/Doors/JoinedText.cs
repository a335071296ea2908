using System.Buffers;
using System.Text.Json;

namespace OrleansLlm.Api.Doors;

/// <summary>
/// A JSON string out of pieces of it. They are joined as they stand, escapes and all: a character may begin in one piece (<c>\ud83d</c>) and
/// end in the next.
/// </summary>
internal sealed class JoinedText
{
    private readonly ArrayBufferWriter<byte> _escaped = new(64);

    public bool IsEmpty => _escaped.WrittenCount == 0;

    /// <summary>With its quotes; empty for an empty text.</summary>
    public ReadOnlySpan<byte> Quoted => IsEmpty ? default : (byte[])[.. "\""u8, .. _escaped.WrittenSpan, .. "\""u8];

    /// <param name="escaped">Without quotes.</param>
    public void Add(ReadOnlySpan<byte> escaped) => _escaped.Write(escaped);

    /// <param name="quoted">Empty: nothing.</param>
    public void AddQuoted(ReadOnlySpan<byte> quoted)
    {
        if (!quoted.IsEmpty) Add(quoted[1..^1]);
    }

    public void Clear() => _escaped.ResetWrittenCount();

    /// <returns>False: it has half a character, and is no text.</returns>
    public bool TryRead(out string text)
    {
        text = "";
        if (IsEmpty) return true;
        try
        {
            var reader = new Utf8JsonReader(Quoted);
            reader.Read();
            text = reader.GetString()!;
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            return false;
        }
    }
}
