using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Catalog;
using OrleansLlm.Ledger;
using OrleansLlm.Ledger.Storage;
using OrleansLlm.Ledger.Writing;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Tests.Usage;

/// <summary>The ledger in a real PostgreSQL; skipped where there is none on the path.</summary>
public sealed class PostgresLedgerTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private PostgresServer? _server;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartNewAsync();

    [Fact]
    public async Task ARow_IsStoredOnce_AndComesBackAsItWas()
    {
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        var row = Rows.Row(1) with { KeyHash = "h", KeyAlias = "a", TeamId = "t", ModelGroup = "g", UpstreamModel = "u", DeploymentId = "d", Backend = "b", Cost = 0.25, Estimated = true, Stream = true, Retries = 1, Fallbacks = 2, LatencyMs = 40 };
        await one.InsertAsync([row], default);
        await other.InsertAsync([row with { Model = "again" }, Rows.Row(2)], default);
        Assert.Equal(2L, await Server.AskAsync("SELECT count(*) FROM litellm_request_logs"));
        Assert.Equal(row, (await one.FindAsync(new LedgerQuery { RequestId = "req-1", From = row.Time, Until = row.Time.AddSeconds(1) })).Single());
        Assert.Equal([new LedgerSum("2026-01-01", 2, 2, 6, 3, 0.25) { MeanLatencyMs = 20, MeanFirstTokenMs = 1.5 }], await one.SumAsync(new LedgerQuery(), LedgerGrouping.Day));
        Assert.Equal([new LedgerDay("2026-01-01", null, "user:ada", "m", 0), new LedgerDay("2026-01-01", "h", "user:ada", "m", 0.25)], await one.SumDaysAsync(new LedgerQuery(), 10));
        Assert.Equal("m 2 4.5", await Server.AskAsync("SELECT concat_ws(' ', model, count(*), avg(total_tokens)::float) FROM litellm_request_logs GROUP BY model"));
    }

    [Fact]
    public async Task ManyNodesThatStartAtOnce_MakeOneSchema()
    {
        _ = Server;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await (await OpenAsync()).DisposeAsync()));
        Assert.Equal("1,2,3,4,5", await Server.AskAsync("SELECT string_agg(version::text, ',' ORDER BY version) FROM orleansllm.ledger_version"));
    }

    [Fact]
    public async Task Sums_AreWhatTheRowsAddUpTo()
    {
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        // Two nodes at once, some rows twice.
        var batches = SummedRows.All.Chunk(50).ToList();
        await Task.WhenAll(StoreAsync(one, batches), StoreAsync(other, batches.Take(5).Reverse()));
        await SummedRows.HoldAsync(one, SummedRows.All);

        // By parts, of which the last is not full.
        await using var deletes = await OpenAsync(deletedAtOnce: 7);
        Assert.True(await deletes.DeleteBeforeAsync(SummedRows.Start.AddDays(45), default) || await deletes.DeleteBeforeAsync(SummedRows.Start.AddDays(45), default));
        await SummedRows.HoldAsync(one, [.. SummedRows.All.Where(r => r.Time >= SummedRows.Start.AddDays(45))]);

        static async Task StoreAsync(PostgresLedger ledger, IEnumerable<LedgerRow[]> batches)
        {
            foreach (var batch in batches) await ledger.InsertAsync(batch, default);
        }
    }

    [Theory]
    [InlineData("""
        DROP INDEX orleansllm.ledger_by_user; DROP INDEX orleansllm.ledger_by_team; DROP INDEX orleansllm.ledger_by_model;
        DROP TABLE orleansllm.ledger_day; DELETE FROM orleansllm.ledger_version WHERE version >= 3
        """)]
    [InlineData("CREATE TABLE orleansllm.ledger_sum (dimension smallint); ALTER TABLE orleansllm.ledger_day DROP COLUMN cancelled; DELETE FROM orleansllm.ledger_version WHERE version >= 4")]
    public async Task RowsOfAnOlderVersion_AreSummedUp(string older)
    {
        await using (var ledger = await OpenAsync()) await ledger.InsertAsync(SummedRows.All, default);
        await Server.AskAsync($"DROP TABLE orleansllm.ledger_span; {older}");
        await using var migrated = await OpenAsync();
        await SummedRows.HoldAsync(migrated, SummedRows.All, cancelled: false);
        await migrated.InsertAsync([Rows.Row(10_000) with { Status = LedgerRow.Cancelled, Model = "left" }], default);
        Assert.Equal((1, 1, 0), (await migrated.SumAsync(new LedgerQuery { Model = "left" }, LedgerGrouping.Model)).Single() is var sum ? (sum.Requests, sum.Cancelled, sum.Failed) : default);
        Assert.Equal(true, await Server.AskAsync("SELECT to_regclass('orleansllm.ledger_sum') IS NULL"));
    }

    [Fact]
    public async Task AVersionThatWasTakenBack_ForAnOlderProgram_IsReachedAgain()
    {
        await using (var ledger = await OpenAsync()) await ledger.InsertAsync(SummedRows.All, default);
        await Server.AskAsync("DELETE FROM orleansllm.ledger_version WHERE version = 5");
        await using var again = await OpenAsync();
        await SummedRows.HoldAsync(again, SummedRows.All);
        Assert.Equal(5, await Server.AskAsync("SELECT max(version) FROM orleansllm.ledger_version"));
    }

    [Fact]
    public async Task ARowThatItCannotHold_IsLostAlone()
    {
        await using var ledger = await OpenAsync();
        var writer = Writer(ledger, new LedgerOptions());
        await writer.StartAsync(default);
        for (var i = 1; i <= 20; i++) writer.Add(Rows.Row(i) with { UserId = i == 7 ? "user:\0" : "user:ada" });
        await Eventually.UntilAsync(async () => await Server.AskAsync("SELECT count(*) FROM orleansllm.ledger") is 19L, "the others are stored");
        await writer.StoppedAsync(default);
    }

    [Fact]
    public async Task AfterARestartOfTheServer_TheFirstQuestionIsAnswered()
    {
        await using var ledger = await OpenAsync();
        await ledger.InsertAsync([Rows.Row(1)], default);
        // Several connections in the pool.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ledger.FindAsync(new LedgerQuery())));
        await Server.StopAsync();
        await Server.StartAsync();
        Assert.Single(await ledger.FindAsync(new LedgerQuery()));
    }

    [Fact]
    public async Task AnOutageUnderLoad_AndARestartInIt_LoseNoRow()
    {
        var time = new ManualTime();
        var (next, stop) = (0, new CancellationTokenSource());
        var ledger = await OpenAsync();
        var writer = Writer(ledger, new LedgerOptions { Batch = 50 }, time);
        await writer.StartAsync(default);
        var load = LoadAsync(writer, stop.Token);
        await Eventually.UntilAsync(async () => await Server.AskAsync("SELECT count(*) FROM orleansllm.ledger") is > 200L, "rows arrive");
        await Server.StopAsync();
        var atStop = next;
        await Eventually.UntilAsync(() => next > atStop + 500, "the load goes on without a database");
        await stop.CancelAsync();
        await load;
        // The process ends in the outage, and another one takes its place.
        await writer.StoppedAsync(default);
        await ledger.DisposeAsync();
        _spool!.Dispose();
        ledger = new PostgresLedger(Server.ConnectionString);
        writer = Writer(ledger, new LedgerOptions { Batch = 50 }, time);
        await writer.StartAsync(default);
        stop = new CancellationTokenSource();
        load = LoadAsync(writer, stop.Token);
        await Server.StartAsync();
        await Eventually.UntilAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(30));
                return await Server.AskAsync("SELECT count(*) FROM orleansllm.ledger") is long stored && stored > atStop + 600;
            },
            "rows arrive again");
        await stop.CancelAsync();
        await load;
        await Eventually.UntilAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(30));
                return Equals(await Server.AskAsync("SELECT count(*) FROM orleansllm.ledger"), (long)next);
            },
            "every row is stored");
        Assert.Equal(0, writer.Lost);
        await writer.StoppedAsync(default);
        await ledger.DisposeAsync();

        async Task LoadAsync(LedgerWriter to, CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                for (var i = 0; i < 10; i++) to.Add(Rows.Row(++next));
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    public void Dispose()
    {
        _spool?.Dispose();
        _folder.Dispose();
    }

    private readonly GatewayMetrics _metrics = new();
    private Spool? _spool;

    private PostgresServer Server
    {
        get
        {
            Assert.SkipWhen(_server is null, "there is no PostgreSQL on the path");
            return _server!;
        }
    }

    private LedgerWriter Writer(PostgresLedger ledger, LedgerOptions options, TimeProvider? time = null) =>
        new(options, _spool = new Spool(_folder.In("spool"), options.SpoolMaxBytes), ledger, _metrics.Ledger, time ?? new ManualTime(), NullLogger<LedgerWriter>.Instance);

    private async Task<PostgresLedger> OpenAsync(int deletedAtOnce = 1000)
    {
        var ledger = new PostgresLedger(Server.ConnectionString) { DeletedAtOnce = deletedAtOnce };
        await ledger.OpenAsync(default);
        return ledger;
    }
}
