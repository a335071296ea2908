using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansLlm.Ledger.Storage;

/// <summary>A row as one JSON object, under the names of the columns.</summary>
internal static class RowJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Write(Stream to, LedgerRow row) => JsonSerializer.Serialize(to, row, Options);

    public static string Write(IEnumerable<LedgerRow> rows) => JsonSerializer.Serialize(rows, Options);

    /// <returns>Null: it is none.</returns>
    public static LedgerRow? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<LedgerRow>(json, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
