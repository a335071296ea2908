using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OrleansLlm.Bench.Endurance;

/// <summary>The gateway's ledger, read beside it.</summary>
internal static class LedgerFile
{
    public static HashSet<string> RequestIds(string dataFolder) => [.. Column(dataFolder, "request_id")];

    /// <summary>Between the earliest and the latest time that stands in it.</summary>
    public static TimeSpan Spread(string dataFolder)
    {
        var times = Column(dataFolder, "time").Select(t => DateTime.Parse(t, CultureInfo.InvariantCulture)).ToList();
        return times.Count == 0 ? TimeSpan.Zero : times.Max() - times.Min();
    }

    private static List<string> Column(string dataFolder, string name)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataFolder, "ledger.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {name} FROM ledger";
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read()) values.Add(reader.GetString(0));
        return values;
    }
}
