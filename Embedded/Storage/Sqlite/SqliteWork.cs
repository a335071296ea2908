using Microsoft.Data.Sqlite;

namespace Orleans.Embedded;

/// <summary>Work in a transaction. When it fails the exception is that of the work, and the connection is good for another transaction.</summary>
internal static class SqliteWork
{
    /// <summary>All of it, or nothing.</summary>
    public static void InTransaction(SqliteConnection connection, Action<SqliteTransaction> work)
    {
        var transaction = connection.BeginTransaction();
        try
        {
            work(transaction);
            transaction.Commit();
        }
        catch
        {
            TakeBack(connection, transaction);
            throw;
        }

        transaction.Dispose();
    }

    /// <summary>
    /// On a full disk SQLite has taken it back by itself, and to ask for that once more is an error of its own, here and again when the connection is
    /// closed. So the provider gets an empty transaction to take back.
    /// </summary>
    private static void TakeBack(SqliteConnection connection, SqliteTransaction transaction)
    {
        try
        {
            transaction.Dispose();
        }
        catch (SqliteException) when (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) != 0)
        {
            SQLitePCL.raw.sqlite3_exec(connection.Handle, "BEGIN");
            transaction.Dispose();
        }
        catch (SqliteException)
        {
            // The connection is lost; why the work has failed says more.
        }
    }
}
