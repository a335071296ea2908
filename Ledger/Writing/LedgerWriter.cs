using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;
using OrleansLlm.Ledger.Storage;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Ledger.Writing;

/// <summary>
/// Writes behind: from memory to the spool, at once, and from there to the database, as much as waits when it has time. Two loops, so that a
/// database that hangs does not keep rows in memory. A row that comes alone is stored at once; where they come quickly, some gather on the disk.
/// </summary>
/// <param name="left">Null: the database is of this process alone, as its spool is.</param>
internal sealed class LedgerWriter(LedgerOptions options, Spool spool, ILedgerStore store, LedgerMetrics metrics, TimeProvider time, ILogger logger, LeftSpools? left = null)
    : ILedger, IHostedLifecycleService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    /// <summary>
    /// From one storing to the next: a transaction for each row costs twice as much as one for fifty. By the machine's clock and not ours, since it is for
    /// the machine's sake and nobody is told of it.
    /// </summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    /// <summary>Rows of a backlog: what comes while requests are served is never so many at once.</summary>
    private const int TellEvery = 10_000;

    private readonly Channel<LedgerRow> _rows = Channel.CreateBounded<LedgerRow>(new BoundedChannelOptions(options.MaxQueue) { SingleReader = true });
    private readonly Channel<bool> _spooled = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private Task _spooling = Task.CompletedTask;
    private Task _storing = Task.CompletedTask;
    /// <summary>As long as there is no room each row would be told of by itself.</summary>
    private static readonly TimeSpan BetweenNews = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan BetweenReminders = TimeSpan.FromMinutes(10);

    private const string NoRoom = "there was no room for them (gateway_settings.ledger.max_queue, spool_max_bytes)";

    private readonly Lock _telling = new();
    private long _lost;
    private long _told;
    private long? _toldAt;
    private volatile bool _ending;

    /// <summary>Null: the database has taken what there was.</summary>
    private string? _whyAway;
    private long _toldAway;
    private bool _opened;
    private DateTimeOffset _swept = DateTimeOffset.MinValue;

    /// <summary>Rows that were in neither when there was no room for them.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public void Add(LedgerRow row)
    {
        if (_rows.Writer.TryWrite(row)) return;
        Interlocked.Increment(ref _lost);
        // Nobody comes after the end to tell it.
        if (_ending) TellLost("they came when the ledger had been closed");
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Begin();
        spool.Reserve();
        _spooling = Task.Run(SpoolAsync, CancellationToken.None);
        _storing = Task.Run(() => StoreAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Not yet: the grains of an engine that ends after this may still have rows.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The last of the process's services to end. What the database does not take now waits on the disk for the next process.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        _ending = true;
        _rows.Writer.TryComplete();
        // To the disk in any case, also where a stop has taken all the time that it had: what is not there is lost.
        await _spooling.WaitAsync(LastWords, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_rows.Reader.Count is > 0 and var left) Interlocked.Add(ref _lost, left);
        TellLost("they could not be written to the disk before the end");
        await _stopping.CancelAsync();
        await _storing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_whyAway is not null || cancellationToken.IsCancellationRequested) return;
        using var patience = new CancellationTokenSource(LastWords, time);
        await StoreAllAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SpoolAsync()
    {
        var batch = new List<LedgerRow>();
        while (await _rows.Reader.WaitToReadAsync())
        {
            while (batch.Count < options.Batch && _rows.Reader.TryRead(out var row)) batch.Add(row);
            await SpoolAsync(batch);
            batch.Clear();
            _spooled.Writer.TryWrite(true);
            TellLost(NoRoom, nowAndThen: true);
        }

        TellLost(NoRoom);
    }

    /// <summary>Those of which nothing has been said yet, once.</summary>
    private void TellLost(string why, bool nowAndThen = false)
    {
        long untold;
        lock (_telling)
        {
            if (nowAndThen && _toldAt is { } last && time.GetElapsedTime(last) < BetweenNews) return;
            untold = Lost - _told;
            _told += untold;
            if (untold > 0) _toldAt = time.GetTimestamp();
        }

        if (untold > 0) Lose(untold, why);
    }

    private void Lose(long rows, string why)
    {
        metrics.Lose(rows);
        logger.RowsLost(rows, why);
    }

    private async Task SpoolAsync(List<LedgerRow> batch)
    {
        while (true)
        {
            try
            {
                Interlocked.Add(ref _lost, batch.Count - spool.Append(batch));
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                logger.SpoolFails(e);
                // Now, and not when the disk is back: meanwhile it is the metrics that call somebody.
                metrics.Stores(up: false, spool.Bytes);
                TellLost(NoRoom, nowAndThen: true);
            }

            if (_ending)
            {
                Interlocked.Add(ref _lost, batch.Count);
                return;
            }

            await Task.Delay(FirstRetry, time);
        }
    }

    private async Task StoreAsync(CancellationToken stopping)
    {
        var pause = FirstRetry;
        while (true)
        {
            try
            {
                await StoreAllAsync(stopping);
                if (_whyAway is not null) logger.LedgerBack();
                _whyAway = null;
                metrics.Stores(up: true, spool.Bytes);
                pause = FirstRetry;
                await Task.Delay(Breath, TimeProvider.System, stopping);
                await _spooled.Reader.ReadAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                TellAway(e.Message);
                metrics.Stores(up: false, spool.Bytes);
                await Task.Delay(pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < options.RetryMost ? pause * 2 : options.RetryMost;
                if (stopping.IsCancellationRequested) return;
            }
        }
    }

    /// <summary>Each reason once, and one that lasts again from time to time: whoever looks at the log of today is not to find nothing.</summary>
    private void TellAway(string why)
    {
        if (why == _whyAway && time.GetElapsedTime(_toldAway) < BetweenReminders) return;
        (_whyAway, _toldAway) = (why, time.GetTimestamp());
        logger.LedgerAway(why);
    }

    private async Task StoreAllAsync(CancellationToken cancellationToken)
    {
        if (!_opened) await store.OpenAsync(cancellationToken);
        _opened = true;
        await StoreAllAsync(spool, cancellationToken);
        if (left is not null && !_ending) await left.TakeOverAsync(other => StoreAllAsync(other, cancellationToken));
        await SweepAsync(cancellationToken);
    }

    /// <returns>How many.</returns>
    private async Task<long> StoreAllAsync(Spool from, CancellationToken cancellationToken)
    {
        var most = options.Batch;
        var (stored, told) = (0L, 0L);
        while (from.Read(most) is { } next)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await store.InsertAsync(next.Rows, cancellationToken);
                most = options.Batch;
            }
            catch (Exception e) when (store.IsFaultOfRows(e))
            {
                // Half of them, until the one that is at fault stands alone.
                most = next.Rows.Count / 2;
                if (most > 0) continue;
                Lose(next.Rows.Count, e.Message);
                most = options.Batch;
            }

            // Not before: what the database does not take now is read again, torn lines and all.
            if (next.Damaged > 0) Lose(next.Damaged, "their lines on the disk were torn");
            from.Forget(next);
            stored += next.Rows.Count;
            if (stored - told < TellEvery) continue;
            told = stored;
            logger.CatchesUp(stored, from.Bytes / 1e6);
        }

        return stored;
    }

    /// <summary>Once a day, when there is something to do anyway.</summary>
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (options.Retention == TimeSpan.Zero || now - _swept < TimeSpan.FromDays(1)) return;
        // Rows that have come meanwhile are stored before the rest goes.
        if (await store.DeleteBeforeAsync(now - options.Retention, cancellationToken)) _swept = now;
    }
}
