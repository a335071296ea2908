using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansLlm.Api.Doors;

/// <summary>JSON out of literal bytes and values, for what is said once a token; one event after the other in the same memory.</summary>
internal sealed class JsonBuffer
{
    /// <summary>Escapes what JSON wants escaped and leaves the rest readable.</summary>
    public static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public JsonBuffer Begin(ReadOnlySpan<byte> json)
    {
        _bytes.ResetWrittenCount();
        return Add(json);
    }

    public JsonBuffer Add(ReadOnlySpan<byte> json)
    {
        _bytes.Write(json);
        return this;
    }

    public JsonBuffer Add(long number)
    {
        Utf8Formatter.TryFormat(number, _bytes.GetSpan(20), out var length);
        _bytes.Advance(length);
        return this;
    }

    public JsonBuffer Add(string? text)
    {
        _bytes.Write(text is null ? "null"u8 : Quote(text));
        return this;
    }

    public static byte[] Quote(string text) => [.. "\""u8, .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, .. "\""u8];

    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Relaxed)) write(json);
        return buffer.WrittenMemory;
    }
}
