using OrleansLlm.Catalog;
using OrleansLlm.Ledger.Writing;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Tests.Usage;

/// <summary>From memory by way of the disk into the database, whatever the database does.</summary>
public sealed class LedgerWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly FakeStore _store = new();
    private readonly LogLines _logs = new();
    private readonly GatewayMetrics _metrics = new();

    [Fact]
    public async Task Rows_AreStored_WithoutAnyTimer()
    {
        await using var run = await StartAsync();
        run.Add(1, 10);
        await Eventually.UntilAsync(() => _store.Ids.Length == 10, "ten rows are stored");
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task WhatComesWhileABatchIsStored_IsTheNextOne()
    {
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        await using var run = await StartAsync(new LedgerOptions { Batch = 100 });
        run.Add(1, 1);
        await Eventually.UntilAsync(() => run.Spool.Read(9) is not null, "the first row is on the disk");
        run.Add(2, 250);
        await Eventually.UntilAsync(() => run.Spool.Read(999)?.Rows.Count == 251, "all rows are on the disk");
        gate.SetResult();
        await Eventually.UntilAsync(() => _store.Ids.Length == 251, "all rows are stored");
        Assert.True(_store.Batches is [1, 100, 100, 50] or [100, 100, 51], string.Join(' ', _store.Batches));
    }

    [Fact]
    public async Task ADatabaseThatIsAway_LosesNothing()
    {
        _store.Away = true;
        await using var run = await StartAsync();
        run.Add(1, 500);
        await Eventually.UntilAsync(() => run.Spool.Read(999)?.Rows.Count == 500 && _time.ArmedTimers == 1, "the rows wait on the disk");
        _store.Away = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.UntilAsync(() => _store.Ids.Length == 500 && run.Spool.IsEmpty, "all rows are stored");
        Assert.Equal(0, run.Writer.Lost);
    }

    [Fact]
    public async Task ADatabaseThatIsAway_IsSeenInTheMetrics()
    {
        using var shown = new MetricValues(_metrics.Meter);
        _store.Away = true;
        await using var run = await StartAsync(new LedgerOptions { SpoolMaxBytes = 2048 });
        run.Add(1, 100);
        await Eventually.UntilAsync(() => shown["orleansllm_ledger_rows_lost"] > 0, "what had no room is counted");
        await Eventually.UntilAsync(
            () =>
            {
                // With each try.
                _time.Advance(TimeSpan.FromSeconds(30));
                return shown["orleansllm_ledger_up"] == 0 && shown["orleansllm_ledger_spool_bytes"] == run.Spool.Bytes;
            },
            "it is away");
        Assert.True(run.Spool.Bytes > 0);
        _store.Away = false;
        await Eventually.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(30));
                return shown["orleansllm_ledger_up"] == 1 && shown["orleansllm_ledger_spool_bytes"] == 0;
            },
            "it is back");
        // The rows may have come in more than one batch: those that were lost within a minute of the last news are told of with the next row.
        _time.Advance(TimeSpan.FromMinutes(2));
        run.Add(101, 1);
        await Eventually.UntilAsync(() => run.Writer.Lost == shown["orleansllm_ledger_rows_lost"], "all that was lost is counted");
    }

    [Fact]
    public async Task ADiskThatTakesNothing_IsSeenInTheMetrics_WithTheRowsThatItCosts()
    {
        using var shown = new MetricValues(_metrics.Meter);
        await using var run = await StartAsync(new LedgerOptions { MaxQueue = 10, Batch = 1 }, isDiskAway: true);
        run.Add(1, 100);
        Assert.InRange(run.Writer.Lost, 88, 90);
        await Eventually.UntilAsync(() => Passed() && shown["orleansllm_ledger_up"] == 0 && shown["orleansllm_ledger_rows_lost"] == run.Writer.Lost, "it is away, and what was lost is counted");
        Directory.CreateDirectory(_folder.In("spool"));
        await Eventually.UntilAsync(() => Passed() && shown["orleansllm_ledger_up"] == 1 && _store.Ids.Length == 100 - run.Writer.Lost, "it is back, and what waited in memory is stored");

        bool Passed()
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            return true;
        }
    }

    [Fact]
    public async Task ADatabaseThatStaysAway_IsToldOfEveryTenMinutes_AndForEachReason()
    {
        _store.Away = true;
        await using var run = await StartAsync();
        await Eventually.UntilAsync(() => Told() == 1, "it is told");
        await TryAsync(19);
        Assert.Equal(1, Told());
        await TryAsync(2);
        Assert.Equal(2, Told());
        _store.Why = "no room";
        await TryAsync(1);
        Assert.Equal(3, Told());

        int Told() => _logs.Lines.Count(l => l.StartsWith("The ledger's database fails", StringComparison.Ordinal));

        async Task TryAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var tries = _store.Opens;
                await Eventually.UntilAsync(() => _time.ArmedTimers == 1, "it waits for its next try");
                _time.Advance(TimeSpan.FromSeconds(30));
                await Eventually.UntilAsync(() => _store.Opens > tries && _time.ArmedTimers == 1, "it has tried again");
            }
        }
    }

    [Fact]
    public async Task ADatabaseThatIsAway_IsTriedLessAndLessOften()
    {
        await using var run = await StartAsync(new LedgerOptions { RetryMost = TimeSpan.FromSeconds(4) });
        run.Add(1, 1);
        await Eventually.UntilAsync(() => _store.Ids.Length == 1, "the database is open");
        _store.Away = true;
        run.Add(2, 1);
        var tries = 2;
        foreach (var seconds in (int[])[1, 2, 4, 4])
        {
            await Eventually.UntilAsync(() => _store.Tries == tries && _time.ArmedTimers == 1, $"try {tries} has failed");
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.Equal(1, _time.ArmedTimers);
            _time.Advance(TimeSpan.FromTicks(1));
            tries++;
        }

        await Eventually.UntilAsync(() => _store.Tries == tries, "it is tried for ever");
    }

    [Fact]
    public async Task ARestartWhileTheDatabaseIsAway_LosesNothing()
    {
        _store.Away = true;
        await using (var run = await StartAsync())
        {
            run.Add(1, 200);
        }

        _store.Away = false;
        await using var next = await StartAsync();
        next.Add(201, 1);
        await Eventually.UntilAsync(() => _store.Ids.Length == 201, "the rows of both processes are stored");
    }

    [Fact]
    public async Task AStop_StoresWhatIsLeft()
    {
        await using (var run = await StartAsync())
        {
            run.Add(1, 5_000);
        }

        Assert.Equal(5_000, _store.Ids.Length);
    }

    /// <summary>On one engine the grains end after the services have stopped.</summary>
    [Fact]
    public async Task WhatComesWhenTheServicesHaveStopped_IsStoredAsWell()
    {
        await using (var run = await StartAsync())
        {
            await run.Writer.StopAsync(default);
            run.Add(1, 10);
        }

        Assert.Equal(10, _store.Ids.Length);
    }

    [Fact]
    public async Task AStopThatHasNoTimeLeft_StillBringsTheRowsToTheDisk()
    {
        _store.Away = true;
        var run = await StartAsync();
        run.Add(1, 500);
        await run.Writer.StoppedAsync(new CancellationToken(canceled: true));
        Assert.Equal((500, 0), (run.Spool.Read(999)?.Rows.Count, run.Writer.Lost));
        run.Spool.Dispose();
    }

    [Fact]
    public async Task ARowThatComesAfterTheEnd_IsTold()
    {
        await using var run = await StartAsync();
        await run.Writer.StoppedAsync(default);
        Assert.Empty(_logs.Lines);
        run.Add(1, 1);
        run.Add(2, 1);
        Assert.Equal(2, _logs.Lines.Count(l => l.StartsWith("The ledger has lost 1 rows: they came when the ledger had been closed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ARowThatNoDatabaseTakes_IsLostAlone()
    {
        _store.Refused = "req-7";
        await using var run = await StartAsync();
        run.Add(1, 100);
        await Eventually.UntilAsync(() => run.Spool.IsEmpty && _store.Ids.Length >= 99, "the others are stored");
        Assert.Equal(99, _store.Ids.Length);
    }

    [Fact]
    public async Task ATornLine_IsCountedOnce_HoweverOftenTheDatabaseFails()
    {
        Directory.CreateDirectory(_folder.In("spool"));
        File.WriteAllText(_folder.In("spool/000000000001.jsonl"), """{"request_id":"req-0","ti""");
        _store.Failing = 2;
        using var shown = new MetricValues(_metrics.Meter);
        await using var run = await StartAsync();
        await Eventually.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return run.Spool.IsEmpty;
            },
            "what is left is forgotten");
        Assert.Equal(3, _store.Tries);
        Assert.Equal(1, shown["orleansllm_ledger_rows_lost"]);
        Assert.Single(_logs.Lines, l => l.Contains("torn", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhenTheDiskIsFull_TheRestIsCounted()
    {
        _store.Away = true;
        await using var run = await StartAsync(new LedgerOptions { SpoolMaxBytes = 2048 });
        run.Add(1, 100);
        await Eventually.UntilAsync(() => run.Writer.Lost > 0 && run.Writer.Lost + run.Spool.Read(999)?.Rows.Count == 100, "each row is on the disk or counted as lost");
    }

    [Fact]
    public async Task AsLongAsThereIsNoRoom_ItIsToldOnceAMinute()
    {
        _store.Away = true;
        await using (var run = await StartAsync(new LedgerOptions { SpoolMaxBytes = 2048 }))
        {
            // One by one, as they come where little is asked for.
            for (var i = 1; i <= 50; i++) await AddAsync(run, i);
            Assert.InRange(run.Writer.Lost, 10, 50);
            Assert.Single(Told());
            _time.Advance(TimeSpan.FromMinutes(1));
            await AddAsync(run, 51);
            await Eventually.UntilAsync(() => Told().Count == 2, "it is told again");
            await AddAsync(run, 52);
        }

        // The last one at the end: all of them have been told.
        Assert.Equal(3, Told().Count);
        Assert.Contains(" 1 rows: there was no room", Told()[2], StringComparison.Ordinal);

        List<string> Told() => [.. _logs.Lines.Where(l => l.Contains("there was no room for them", StringComparison.Ordinal))];

        static async Task AddAsync(Run run, int number)
        {
            var before = run.Spool.Bytes + run.Writer.Lost;
            run.Add(number, 1);
            await Eventually.UntilAsync(() => run.Spool.Bytes + run.Writer.Lost > before, "the row is on the disk, or lost");
        }
    }

    [Fact]
    public async Task OldRows_AreDeletedOnceADay()
    {
        await using var run = await StartAsync(new LedgerOptions { Retention = TimeSpan.FromDays(30) });
        run.Add(1, 1);
        await Eventually.UntilAsync(() => _store.Swept == _time.GetUtcNow().AddDays(-30), "what is older than 30 days is deleted");
        _time.Advance(TimeSpan.FromDays(1));
        run.Add(2, 1);
        await Eventually.UntilAsync(() => _store.Swept == _time.GetUtcNow().AddDays(-30), "and again a day later");
    }

    /// <summary>Millions, where a retention is new: rows that come meanwhile do not wait for all of them.</summary>
    [Fact]
    public async Task OldRows_ThatAreMoreThanCanGoAtOnce_GoWithTheNextOnes()
    {
        _store.SweepsLeft = 2;
        await using var run = await StartAsync(new LedgerOptions { Retention = TimeSpan.FromDays(30) });
        for (var row = 1; row <= 3; row++)
        {
            run.Add(row, 1);
            await Eventually.UntilAsync(() => _store.Sweeps == row, $"sweep {row}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        run.Add(4, 1);
        await Eventually.UntilAsync(() => _store.Ids.Length == 4, "the fourth is stored");
        Assert.Equal(3, _store.Sweeps);
    }

    [Fact]
    public async Task WhatANodeLeft_ThatIsNotStartedAgain_IsStoredByAnother_OnceItIsGone()
    {
        var gone = LedgerFolder.Claim(_folder.Path);
        using var alive = LedgerFolder.Claim(_folder.Path);
        using (var spool = new Spool(gone.Spool, 1 << 20)) spool.Append(Rows.Of(1, 250));
        using (var spool = new Spool(alive.Spool, 1 << 20)) spool.Append(Rows.Of(501, 3));
        using var own = LedgerFolder.Claim(_folder.Path);
        await using var run = await StartAsync(new LedgerOptions { Batch = 100 }, folder: own);
        run.Add(301, 1);
        await Eventually.UntilAsync(() => _store.Ids.Length == 1, "our own row is stored");
        gone.Dispose();
        await Eventually.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromHours(1));
                run.Add(301, 1);
                return _store.Ids.Length == 251;
            },
            "what was left is stored");
        await Eventually.UntilAsync(() => _logs.Lines.Any(l => l.Contains("stored 250 rows", StringComparison.Ordinal)), "it is told");
        await Eventually.UntilAsync(
            () =>
            {
                using var next = LedgerFolder.Claim(_folder.Path);
                return next.Spool == _folder.In("ledger-spool");
            },
            "its place is free for the next one");
        Assert.Empty(Directory.EnumerateFiles(_folder.In("ledger-spool")));
        Assert.DoesNotContain("req-501", _store.Ids);
    }

    [Fact]
    public async Task WhatANodeLeft_IsStoredAtTheStartOfAnother_AndStaysWhereTheDatabaseIsAway()
    {
        using (var gone = LedgerFolder.Claim(_folder.Path))
        using (var own = LedgerFolder.Claim(_folder.Path))
        {
            using (var spool = new Spool(gone.Spool, 1 << 20)) spool.Append(Rows.Of(1, 5));
            gone.Dispose();
            _store.Away = true;
            await using (await StartAsync(folder: own)) await Eventually.UntilAsync(() => _store.Opens > 0, "the database is asked");
        }

        using var third = LedgerFolder.Claim(_folder.Path);
        using var later = LedgerFolder.Claim(_folder.Path);
        third.Dispose();
        _store.Away = false;
        await using var run = await StartAsync(folder: later);
        await Eventually.UntilAsync(() => _store.Ids.Length == 5, "they are stored, without a row of our own");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _metrics.Dispose();
    }

    private async Task<Run> StartAsync(LedgerOptions? options = null, bool isDiskAway = false, LedgerFolder? folder = null)
    {
        options ??= new LedgerOptions();
        var spool = new Spool(_folder.In("spool"), options.SpoolMaxBytes);
        if (isDiskAway) Directory.Delete(_folder.In("spool"));
        var left = folder is null ? null : new LeftSpools(folder, options.SpoolMaxBytes, _time, _logs);
        var writer = new LedgerWriter(options, spool, _store, _metrics.Ledger, _time, _logs, left);
        await writer.StartAsync(default);
        return new Run(writer, spool);
    }

    private sealed record Run(LedgerWriter Writer, Spool Spool) : IAsyncDisposable
    {
        public void Add(int first, int count)
        {
            foreach (var row in Rows.Of(first, count)) Writer.Add(row);
        }

        public async ValueTask DisposeAsync()
        {
            await Writer.StoppedAsync(default);
            Spool.Dispose();
        }
    }
}
