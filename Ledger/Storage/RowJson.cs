using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansLlm.Ledger.Storage;

/// <summary>A row as one JSON object, under the names of the columns. Written by generated code: each row is, and it takes half as long.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IEnumerable<LedgerRow>))]
internal sealed partial class RowJson : JsonSerializerContext
{
    public static void Write(Utf8JsonWriter to, LedgerRow row) => JsonSerializer.Serialize(to, row, Default.LedgerRow);

    public static string Write(IEnumerable<LedgerRow> rows) => JsonSerializer.Serialize(rows, Default.IEnumerableLedgerRow);

    /// <returns>Null: it is none.</returns>
    public static LedgerRow? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.LedgerRow);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
