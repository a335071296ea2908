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

    /// <summary>What a row shares with the one before it is not told to the file again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task RowsOfEveryKind_ComeBackAsTheyWere_WhateverCameBeforeThem(int seed)
    {
        var chance = new Random(seed);
        var rows = Rows.Of(1, 200).Select(r => r with
        {
            Time = r.Time.AddMilliseconds(chance.Next(2)),
            KeyHash = Text(),
            KeyAlias = Text(),
            UserId = Text() ?? "u",
            TeamId = Text(),
            Model = Text() ?? "m",
            ModelGroup = Text(),
            UpstreamModel = Text(),
            DeploymentId = Text(),
            Backend = Text(),
            PromptTokens = chance.Next(2) * long.MaxValue,
            CompletionTokens = chance.Next(2),
            Estimated = chance.Next(2) == 0,
            Cost = Number(),
            LatencyMs = Number() ?? 2,
            FirstTokenMs = Number(),
            QueueMs = Number() ?? 3,
            Status = Text() ?? "s",
            CacheHit = chance.Next(2) == 0,
            Retries = chance.Next(2),
            Fallbacks = chance.Next(2),
            Stream = chance.Next(2) == 0,
        }).ToList();
        await using var ledger = await OpenAsync();
        foreach (var batch in rows.Chunk(30)) await ledger.InsertAsync(batch, default);
        var stored = await ledger.FindAsync(new LedgerQuery());
        Assert.Equal(rows.OrderBy(r => r.RequestId, StringComparer.Ordinal), stored.OrderBy(r => r.RequestId, StringComparer.Ordinal));

        string? Text() => chance.Next(6) switch { 0 => null, 1 => "", 2 => "a", 3 => "a\0b", 4 => "ä€😀", _ => new string('€', 2000) };
        double? Number() => chance.Next(4) switch { 0 => null, 1 => 0, 2 => 1, _ => 0.1 };
    }

    [Fact]
    public async Task ARowThatTheFileNeverTakes_IsAtFault_AndTheNextOneIsStored()
    {
        await using var ledger = await OpenAsync();
        await ledger.InsertAsync(Rows.Of(1, 1), default);
        var fault = await Assert.ThrowsAnyAsync<SqliteException>(() => ledger.InsertAsync([Rows.Row(2), Rows.Row(3) with { UserId = null! }], default));
        Assert.True(ledger.IsFaultOfRows(fault));
        await ledger.InsertAsync(Rows.Of(4, 1), default);
        Assert.Equal([Rows.Row(1), Rows.Row(4)], (await ledger.FindAsync(new LedgerQuery())).OrderBy(r => r.RequestId));
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

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AFileOfAnOlderVersion_IsMigrated_AndTheLogSaysHowFar(int version)
    {
        OldFile(version, SummedRows.All);
        var log = new LogLines();
        await using (var ledger = new SqliteLedger(_folder.In("ledger.db"), log))
        {
            await ledger.OpenAsync(default);
            await SummedRows.HoldAsync(ledger, SummedRows.All);
        }

        Assert.Equal(
            [
                .. Enumerable.Range(version + 1, 5 - version).Select(v => $"The ledger's tables are brought to version {v} of 5; its rows wait on the disk meanwhile"),
                $"The ledger's rows are moved to the new tables: {SummedRows.All.Length} of {SummedRows.All.Length}",
            ],
            log.Lines);
        Assert.Equal(((long)SummedRows.All.Length, 0L), (Ask("SELECT count(*) FROM ledger"), Ask("SELECT count(*) FROM sqlite_master WHERE name = 'ledger_before_3'")));

        // Nothing is left to do, and a new file is no migration.
        var lines = log.Lines.Count();
        await using (var ledger = new SqliteLedger(_folder.In("ledger.db"), log)) await ledger.OpenAsync(default);
        await using (var ledger = new SqliteLedger(_folder.In("new.db"), log)) await ledger.OpenAsync(default);
        Assert.Equal(lines, log.Lines.Count());
    }

    [Fact]
    public async Task AFileOfVersion3_HasSumsOfMonthsAsWell()
    {
        await using (var ledger = await OpenAsync())
        {
            await ledger.InsertAsync(SummedRows.All, default);
            await ledger.SumAsync(new LedgerQuery(), LedgerGrouping.Day);
        }

        Ask($"""
            CREATE TABLE ledger_sum (dimension INTEGER NOT NULL, name INTEGER NOT NULL, day TEXT NOT NULL, {SumColumns.UntilVersion4.Types}, PRIMARY KEY (dimension, name, day)) WITHOUT ROWID;
            INSERT INTO ledger_sum SELECT dimension, name, day, {SumColumns.UntilVersion4.Names} FROM ledger_span WHERE month > '';
            DROP TABLE ledger_span;
            ALTER TABLE ledger_day DROP COLUMN cancelled;
            PRAGMA user_version=3;
            """);
        await using var migrated = await OpenAsync();
        var sums = await migrated.SumAsync(new LedgerQuery(), LedgerGrouping.Model);
        Assert.Equal(SummedRows.All.Length, sums.Sum(s => s.Requests));
        // Nobody has counted these apart: until now they are among the failed.
        Assert.Equal((0, SummedRows.All.Count(r => r.Status != LedgerRow.Success)), (sums.Sum(s => s.Cancelled), sums.Sum(s => s.Failed)));
        await migrated.InsertAsync([Rows.Row(10_000) with { Status = LedgerRow.Cancelled, Model = "m1" }], default);
        Assert.Equal(1, (await migrated.SumAsync(new LedgerQuery { Model = "m1" }, LedgerGrouping.Model)).Single().Cancelled);
        Assert.Equal((5L, 0L), (Ask("PRAGMA user_version"), Ask("SELECT count(*) FROM sqlite_master WHERE name = 'ledger_sum'")));
    }

    [Fact]
    public async Task AMigrationThatWasBrokenOff_GoesOn()
    {
        OldFile(2, SummedRows.All);
        var log = new LogLines();
        await using (var ledger = new SqliteLedger(_folder.In("ledger.db"), log))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ledger.OpenAsync(new CancellationToken(canceled: true)));
            Assert.Empty(await ledger.FindAsync(new LedgerQuery()));
            await ledger.OpenAsync(default);
            await SummedRows.HoldAsync(ledger, SummedRows.All);
        }
    }

    [Fact]
    public async Task Sums_AreWhatTheRowsAddUpTo()
    {
        await using var ledger = await OpenAsync();
        foreach (var batch in SummedRows.All.Chunk(70))
        {
            await ledger.InsertAsync(batch, default);
            // A repeated row is summed up once, whether or not somebody has asked meanwhile.
            if (batch[0].RequestId.EndsWith('0')) await ledger.SumAsync(new LedgerQuery(), LedgerGrouping.Day);
            await ledger.InsertAsync(batch, default);
        }

        await SummedRows.HoldAsync(ledger, SummedRows.All);
    }

    [Fact]
    public async Task RowsThatWereNotSummedUp_AreAfterARestart()
    {
        await using (var ledger = await OpenAsync()) await ledger.InsertAsync(SummedRows.All, default);
        Assert.Equal(0L, Ask("SELECT count(*) FROM ledger_span"));
        await using var again = await OpenAsync();
        await SummedRows.HoldAsync(again, SummedRows.All);
    }

    [Fact]
    public async Task AQuestionOfHours_SumsNothingUp()
    {
        await using var ledger = await OpenAsync();
        await ledger.InsertAsync(SummedRows.All, default);
        var hours = new LedgerQuery { From = SummedRows.Start.AddHours(1) };
        await ledger.SumAsync(hours, LedgerGrouping.Key);
        await ledger.SumDaysAsync(hours, 10);
        Assert.Equal(0L, Ask("SELECT upto FROM ledger_summed"));
    }

    [Fact]
    public async Task ManyRows_AreSummedUpUnasked()
    {
        await using var ledger = await OpenAsync();
        for (var batch = 0; batch < 5; batch++) await ledger.InsertAsync(Rows.Of(batch * 500, 500), default);
        Assert.Equal(2500L, Ask("SELECT requests FROM ledger_span WHERE dimension = 0 AND month = ''"));
    }

    [Fact]
    public async Task DaysThatAreDeleted_AreInNoSum_NorIsWhoWasNamedOnThemOnly()
    {
        await using var ledger = await OpenAsync();
        await ledger.InsertAsync([Rows.Row(0, SummedRows.Start) with { KeyHash = "gone", UserId = "user:gone" }, .. SummedRows.All], default);
        await ledger.DeleteBeforeAsync(SummedRows.Start.AddDays(45), default);
        await SummedRows.HoldAsync(ledger, [.. SummedRows.All.Where(r => r.Time >= SummedRows.Start.AddDays(45))]);
        Assert.Equal((0L, 1L), (Ask("SELECT count(*) FROM ledger_name WHERE name LIKE '%gone'"), Ask("SELECT count(*) FROM ledger_name WHERE name = 'm2'")));
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
    public async Task AnEmptyFile_BeginsAnew_AndSaysSo()
    {
        await File.WriteAllBytesAsync(_folder.In("ledger.db"), []);
        var log = new LogLines();
        await using (var ledger = new SqliteLedger(_folder.In("ledger.db"), log)) await ledger.OpenAsync(default);
        Assert.Contains("is empty (0 bytes)", Assert.Single(log.Lines), StringComparison.Ordinal);
        await using (var ledger = new SqliteLedger(_folder.In("ledger.db"), log)) await ledger.OpenAsync(default);
        Assert.Single(log.Lines);
    }

    [Fact]
    public void AFolderThatCannotBeUsed_IsNamedWithItsOption()
    {
        Directory.CreateDirectory(_folder.In("ledger.lock"));
        var told = Assert.Throws<IOException>(() => LedgerFolder.Claim(_folder.Path));
        Assert.StartsWith("--data", told.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, told.Message, StringComparison.Ordinal);
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

    /// <summary>As the program made them until version 2.</summary>
    private void OldFile(int version, IReadOnlyList<LedgerRow> rows)
    {
        Ask($"""
            CREATE TABLE ledger (request_id TEXT NOT NULL PRIMARY KEY, time TEXT NOT NULL, key_hash TEXT, key_alias TEXT, user_id TEXT NOT NULL, team_id TEXT,
                                 model TEXT NOT NULL, model_group TEXT, upstream_model TEXT, deployment_id TEXT, backend TEXT,
                                 prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, estimated INTEGER NOT NULL, cost REAL,
                                 latency_ms REAL NOT NULL, first_token_ms REAL, queue_ms REAL NOT NULL, status TEXT NOT NULL, cache_hit INTEGER NOT NULL,
                                 retries INTEGER NOT NULL, fallbacks INTEGER NOT NULL, stream INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX ledger_by_time ON ledger (time);
            CREATE VIEW litellm_request_logs AS SELECT *, prompt_tokens + completion_tokens AS total_tokens FROM ledger;
            {(version == 2 ? "CREATE INDEX ledger_by_key ON ledger (key_hash, time);" : "")}
            PRAGMA application_id={0x4F524C43}; PRAGMA user_version={version};
            """);
        foreach (var r in rows)
        {
            using var connection = Connect();
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO ledger VALUES ($id, $time, $key, NULL, $user, $team, $model, NULL, NULL, NULL, NULL, $prompt, $completion, 0, $cost, $latency, $first, 0, $status, 0, 0, 0, 0)";
            (string, object?)[] values =
            [
                ("$id", r.RequestId), ("$time", SqliteLedger.Text(r.Time)), ("$key", r.KeyHash), ("$user", r.UserId), ("$team", r.TeamId), ("$model", r.Model), ("$prompt", r.PromptTokens),
                ("$completion", r.CompletionTokens), ("$cost", r.Cost), ("$latency", r.LatencyMs), ("$first", r.FirstTokenMs), ("$status", r.Status),
            ];
            foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
            command.ExecuteNonQuery();
        }
    }

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
