using Microsoft.Data.Sqlite;
using OrleansLlm.Ledger;
using OrleansLlm.Ledger.Storage;
using OrleansLlm.Ledger.Writing;

namespace OrleansLlm.Tests.Usage;

/// <summary>The ledger in a SQLite file.</summary>
public sealed class SqliteLedgerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task ARow_IsStoredOnce_AlsoByAnotherProcess()
    {
        await using (var ledger = await OpenAsync()) await ledger.InsertAsync(Rows.Of(1, 3), default);
        await using (var ledger = await OpenAsync()) await ledger.InsertAsync(Rows.Of(2, 3), default);
        Assert.Equal(4L, Ask("SELECT count(*) FROM ledger"));
    }

    [Fact]
    public async Task AnInsertThatTheFileRefuses_IsNotTheRowsFault_AndTheNextOneIsStored()
    {
        await using var ledger = await OpenAsync();
        Ask("ALTER TABLE ledger RENAME TO away");
        for (var i = 0; i < 3; i++) Assert.False(ledger.IsFaultOfRows(await Assert.ThrowsAnyAsync<SqliteException>(() => ledger.InsertAsync(Rows.Of(1, 3), default))));
        Ask("ALTER TABLE away RENAME TO ledger");
        await ledger.InsertAsync(Rows.Of(1, 3), default);
        Assert.Equal(3, (await ledger.FindAsync(new LedgerQuery())).Count);
    }

    [Fact]
    public async Task AFileOfAnOlderVersion_IsMigrated_AndTheLogSaysHowFar()
    {
        await using (var ledger = await OpenAsync()) await ledger.InsertAsync(Rows.Of(1, 3), default);
        Ask("DROP INDEX ledger_by_key; PRAGMA user_version=1; SELECT 1");
        var log = new LogLines();
        await using (var ledger = new SqliteLedger(_folder.In("ledger.db"), log)) await ledger.OpenAsync(default);
        Assert.Equal(["The ledger's tables are brought to version 2 of 2; its rows wait on the disk meanwhile"], log.Lines);
        Assert.Equal((3L, 1L), (Ask("SELECT count(*) FROM ledger"), Ask("SELECT count(*) FROM sqlite_master WHERE name = 'ledger_by_key'")));

        // Nothing is left to do, and a new file is no migration.
        await using (var ledger = new SqliteLedger(_folder.In("ledger.db"), log)) await ledger.OpenAsync(default);
        await using (var ledger = new SqliteLedger(_folder.In("new.db"), log)) await ledger.OpenAsync(default);
        Assert.Single(log.Lines);
    }

    [Fact]
    public async Task TheView_CountsAndAveragesTokensPerModel()
    {
        await using var ledger = await OpenAsync();
        await ledger.InsertAsync(Rows.Of(1, 3), default);
        Assert.Equal("m|3|5.0", Ask("SELECT model || '|' || count(*) || '|' || avg(total_tokens) FROM litellm_request_logs GROUP BY model"));
    }

    [Fact]
    public async Task OldRows_AreDeleted_NewOnesStay()
    {
        var now = new DateTimeOffset(2026, 3, 1, 1, 0, 0, TimeSpan.FromHours(2));
        await using var ledger = await OpenAsync();
        await ledger.InsertAsync([Rows.Row(1, now.AddSeconds(-1)), Rows.Row(2, now)], default);
        await ledger.DeleteBeforeAsync(now, default);
        Assert.Equal("req-2", Ask("SELECT group_concat(request_id) FROM ledger"));
        Assert.Equal("2026-02-28", Ask("SELECT date(time) FROM ledger"));
    }

    [Fact]
    public async Task AnotherProgramsDatabase_IsLeftAlone()
    {
        await using (var other = Connect())
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "CREATE TABLE theirs (x)";
            command.ExecuteNonQuery();
        }

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(OpenAsync);
        Assert.Contains("another program", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoProcesses_ShareAFolder_AndTheNextOneFindsTheFirstsPlace()
    {
        using var second = Claimed(out var first);
        Assert.Equal((_folder.In("ledger.db"), _folder.In("ledger-2.db")), (first, second.Database));
        using var third = LedgerFolder.Claim(_folder.Path);
        Assert.Equal(first, third.Database);
    }

    public void Dispose() => _folder.Dispose();

    private LedgerFolder Claimed(out string first)
    {
        using var one = LedgerFolder.Claim(_folder.Path);
        first = one.Database;
        return LedgerFolder.Claim(_folder.Path);
    }

    private async Task<SqliteLedger> OpenAsync()
    {
        var ledger = new SqliteLedger(_folder.In("ledger.db"));
        await ledger.OpenAsync(default);
        return ledger;
    }

    private SqliteConnection Connect() => new($"Data Source={_folder.In("ledger.db")};Pooling=False");

    private object? Ask(string sql)
    {
        using var connection = Connect();
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
