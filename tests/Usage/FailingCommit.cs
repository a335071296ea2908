using Microsoft.Data.Sqlite;

namespace OrleansLlm.Tests.Usage;

/// <summary>Ways for a transaction to fail so that SQLite takes it back by itself, as it does on a full disk.</summary>
internal static class FailingCommit
{
    /// <summary>A statement finds no room.</summary>
    private const string TooLarge = "too large";

    /// <summary>The commit itself fails, when everything before it went well.</summary>
    private const string Refused = "refused";

    public static TheoryData<string> All { get; } = [TooLarge, Refused];

    /// <returns>What SQLite says then.</returns>
    public static string Prepare(SqliteConnection connection, string how)
    {
        if (how == Refused)
        {
            SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, _ => 1, null);
            return "constraint failed";
        }

        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA max_page_count=1";
        command.ExecuteScalar();
        return "database or disk is full";
    }
}
