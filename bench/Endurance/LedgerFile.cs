using Microsoft.Data.Sqlite;

namespace OrleansLlm.Bench.Endurance;

/// <summary>The gateway's ledger, read beside it.</summary>
internal static class LedgerFile
{
    public static HashSet<string> RequestIds(string dataFolder)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataFolder, "ledger.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT request_id FROM ledger";
        using var reader = command.ExecuteReader();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read()) ids.Add(reader.GetString(0));
        return ids;
    }
}
