using Microsoft.Data.Sqlite;
using OrleansLlm.Ledger.Storage;

namespace OrleansLlm.Tests.Usage;

/// <summary>A transaction of the ledger's file that fails.</summary>
public sealed class SqliteWorkTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FailingCommit.All), MemberType = typeof(FailingCommit))]
    public void WorkThatFails_SaysWhy_AndTheConnectionIsGoodForMore(string how)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={_folder.In("file.db")};Pooling=False");
        connection.Open();
        SqliteSchema.Run(connection, "CREATE TABLE t (x)");
        var why = FailingCommit.Prepare(connection, how);
        var told = Assert.Throws<SqliteException>(() => SqliteWork.InTransaction(connection, t => SqliteSchema.Run(connection, "INSERT INTO t VALUES (zeroblob(100000))", t)));
        Assert.Contains(why, told.Message, StringComparison.Ordinal);
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, null, null);
        SqliteWork.InTransaction(connection, t => SqliteSchema.Run(connection, "INSERT INTO t VALUES (1)", t));
        Assert.Equal(1L, SqliteSchema.Run(connection, "SELECT count(*) FROM t"));
    }
}
