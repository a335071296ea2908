using System.Buffers;
using System.Text.Json;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Doors;

/// <summary>
/// A JSON string out of pieces of it. They are joined as they stand, escapes and all: a character may begin in one piece (<c>\ud83d</c>) and
/// end in the next.
/// </summary>
internal sealed class JoinedText
{
    /// <summary>As much as is gathered into a whole answer.</summary>
    private const int MaxBytes = 32 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _escaped = new(64);

    public bool IsEmpty => _escaped.WrittenCount == 0;

    /// <summary>With its quotes; empty for an empty text.</summary>
    public ReadOnlySpan<byte> Quoted => IsEmpty ? default : (byte[])[.. "\""u8, .. _escaped.WrittenSpan, .. "\""u8];

    /// <param name="escaped">Without quotes.</param>
    /// <exception cref="RequestException">A model that does not stop: the answer is cut.</exception>
    public void Add(ReadOnlySpan<byte> escaped)
    {
        if (_escaped.WrittenCount + escaped.Length > MaxBytes)
        {
            throw new RequestException(new ApiError(502, $"The answer has a part of more than {MaxBytes} bytes.", "server_error", "answer_too_large"));
        }

        _escaped.Write(escaped);
    }

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
