using System.Buffers;
using System.Text.Json;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Ledger.Writing;

/// <summary>Rows as lines of JSON, in a buffer that is kept while batches are small. Not thread-safe.</summary>
internal sealed class RowLines
{
    /// <summary>Of the buffer: some hundred rows.</summary>
    private const int MostKept = 1 << 16;

    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private ArrayBufferWriter<byte> _buffer = new();

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Clear()
    {
        if (_buffer.Capacity > MostKept) _buffer = new ArrayBufferWriter<byte>();
        _buffer.ResetWrittenCount();
    }

    /// <returns>Where its line ends.</returns>
    public int Add(LedgerRow row)
    {
        _json.Reset(_buffer);
        RowJson.Write(_json, row);
        _json.Flush();
        _buffer.Write("\n"u8);
        return _buffer.WrittenCount;
    }
}
