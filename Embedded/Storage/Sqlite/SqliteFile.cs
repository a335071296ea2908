using Microsoft.Data.Sqlite;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>How the file is opened, and what its schema is.</summary>
/// <remarks>
/// WAL with <c>synchronous=FULL</c>: a commit returns when the log has been synced, so an acknowledged write outlives the process
/// being killed and, as far as the disk keeps its word on sync, a power loss too. Group commit is what makes that affordable.
/// </remarks>
internal static class SqliteFile
{
    // "ORLL", so that another program's database is not taken for ours.
    private const int ApplicationId = 0x4F524C4C;
    private const int SchemaVersion = 1;

    /// <summary>In bytes. A larger file is not read through before it is used, which would take seconds; of damage there the first grain tells that meets it.</summary>
    private const long CheckedUpTo = 128 << 20;

    static SqliteFile() => SQLitePCL.Batteries_V2.Init();

    public static SqliteConnection OpenForWriting(string path, SqliteOpenMode mode = SqliteOpenMode.ReadWriteCreate)
    {
        SqliteConnection? connection = null;
        try
        {
            if (File.Exists(path)) CheckNotEmpty(path);
            else if (mode == SqliteOpenMode.ReadWriteCreate) MakeNew(path);
            connection = Open(path, mode);
            Prepare(connection, path);
            return connection;
        }
        catch (SqliteException exception)
        {
            connection?.Dispose();
            throw new OrleansException($"The grain state file '{path}' cannot be used: {Explain(exception)}", exception);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <summary>A file that this process has opened before, and prepared.</summary>
    public static SqliteConnection Reopen(string path)
    {
        var connection = Open(path, SqliteOpenMode.ReadWrite);
        try
        {
            Run(connection, "PRAGMA synchronous=FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 }.ToString());
        connection.Open();
        return connection;
    }

    public static object? Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Prepare(SqliteConnection connection, string path)
    {
        var version = (long)Run(connection, "PRAGMA user_version")!;
        var tables = (long)Run(connection, "SELECT count(*) FROM sqlite_master")!;
        var application = (long)Run(connection, "PRAGMA application_id")!;
        if (tables > 0 && application != ApplicationId)
            throw new OrleansException($"The file '{path}' is a SQLite database of another program; name another file for the grain state.");
        if (version > SchemaVersion)
        {
            throw new OrleansException($"The grain state file '{path}' has schema version {version}; this program knows versions up to "
                + $"{SchemaVersion}. It was written by a newer version of it.");
        }

        Run(connection, "PRAGMA journal_mode=WAL");
        Run(connection, "PRAGMA synchronous=FULL");
        // SQLite opens a file that may not be written all the same, for reading: then every write would fail, and the start would not.
        Run(connection, "BEGIN IMMEDIATE; ROLLBACK");
        if (new FileInfo(path).Length <= CheckedUpTo && Run(connection, "PRAGMA quick_check(1)") is not "ok") throw new OrleansException($"The grain state file '{path}' is corrupt.");
        if (version == SchemaVersion)
        {
            // Etags are never given twice: without the row of the last one they go on after the highest that is stored.
            Run(connection, "INSERT INTO sequence SELECT coalesce(max(etag), 0) FROM state WHERE NOT EXISTS (SELECT * FROM sequence)");
            return;
        }

        MakeTables(connection);
    }

    private static void MakeTables(SqliteConnection connection) =>
        Run(connection, $"""
            BEGIN IMMEDIATE;
            CREATE TABLE state (grain TEXT NOT NULL, name TEXT NOT NULL, etag INTEGER NOT NULL, payload BLOB NOT NULL,
                                PRIMARY KEY (grain, name)) WITHOUT ROWID;
            CREATE TABLE sequence (last INTEGER NOT NULL);
            INSERT INTO sequence VALUES (0);
            PRAGMA application_id={ApplicationId};
            PRAGMA user_version={SchemaVersion};
            COMMIT;
            """);

    /// <summary>What a copy that broke off leaves behind is a file without a byte, which SQLite takes for a new one: keys and budgets would be gone without a word.</summary>
    private static void CheckNotEmpty(string path)
    {
        if (new FileInfo(path).Length > 0) return;
        throw new OrleansException($"The grain state file '{path}' is empty (0 bytes), which a file of this program never is. Restore it from a backup, "
            + "or delete it to begin without keys, budgets and conversations.");
    }

    /// <summary>It has its name once it is whole: a process that is killed here, or a full disk, leaves no empty file that the next start would refuse.</summary>
    /// <remarks>Of a database that somebody has deleted nothing stays: SQLite would play its log into the new one.</remarks>
    private static void MakeNew(string path)
    {
        var unfinished = path + ".new";
        if (File.Exists(unfinished)) File.Delete(unfinished);
        try
        {
            using (var connection = Open(unfinished, SqliteOpenMode.ReadWriteCreate)) MakeTables(connection);
            foreach (var part in (string[])["-wal", "-shm", "-journal"]) File.Delete(path + part);
            File.Move(unfinished, path);
        }
        catch
        {
            if (File.Exists(unfinished)) File.Delete(unfinished);
            throw;
        }
    }

    private static string Explain(SqliteException exception) => exception.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT => "it is corrupt or not a SQLite database.",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => "another process holds it locked.",
        SQLitePCL.raw.SQLITE_READONLY => "it is read-only.",
        SQLitePCL.raw.SQLITE_CANTOPEN => "it cannot be opened or created; does its directory exist and is it writable?",
        SQLitePCL.raw.SQLITE_FULL => "the disk is full.",
        _ => exception.Message,
    };
}
