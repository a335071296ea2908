using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using OrleansLlm.Ledger.Writing;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// The ledger of one process in a file of its own. The spool before it keeps what a power cut takes from the file's log. Rows are summed up by days:
/// as soon as somebody asks, else when many wait.
/// </summary>
internal sealed class SqliteLedger(string path, ILogger? logger = null) : ILedgerStore
{
    /// <summary>Of UTC: SQLite's date functions read it, and it sorts as text.</summary>
    public const string TimeFormat = "yyyy-MM-dd HH:mm:ss.fff";

    private static readonly LedgerSql Sql = new("ledger", "substr(time, 1, 10)", Text);

    /// <summary>Rows that wait to be summed up at most: about 20 ms of work for whoever asks first.</summary>
    private const int MostWaiting = 2000;

    /// <summary>Over the connection that writes.</summary>
    private readonly Lock _writing = new();

    private SqliteConnection? _connection;
    private SqliteInsert? _insert;
    private SqliteSums? _sums;
    private bool _complete;

    static SqliteLedger() => SQLitePCL.Batteries_V2.Init();

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null) return Task.CompletedTask;
        // What a copy that broke off leaves behind. Requests are served without their old rows, but not without a word.
        if (!_complete && new FileInfo(path) is { Exists: true, Length: 0 }) logger?.IsEmpty(path);
        var connection = Connect(SqliteOpenMode.ReadWriteCreate);
        SqliteSums? sums = null;
        try
        {
            if (!_complete) SqliteSchema.Complete(connection, path, logger);
            SqliteSchema.Run(connection, "PRAGMA synchronous=NORMAL");
            sums = new SqliteSums(connection);
            if (!_complete) SqliteMove.Complete(connection, sums, logger, cancellationToken);
            _complete = true;
            (_insert, _sums, _connection) = (new SqliteInsert(connection), sums, connection);
        }
        catch
        {
            sums?.Dispose();
            connection.Dispose();
            throw;
        }

        return Task.CompletedTask;
    }

    public async Task InsertAsync(IReadOnlyList<LedgerRow> rows, CancellationToken cancellationToken)
    {
        if (_complete) await OpenAsync(cancellationToken);
        try
        {
            Insert(rows);
        }
        catch (Exception e) when (!IsFaultOfRows(e))
        {
            // What a full disk has left of this connection's transaction is not certain: the next try has a new one.
            Close();
            throw;
        }
    }

    private void Insert(IReadOnlyList<LedgerRow> rows)
    {
        lock (_writing)
        {
            var waiting = 0L;
            SqliteWork.InTransaction(Opened(), transaction =>
            {
                foreach (var row in rows) _insert!.Run(row);
                waiting = _sums!.Waiting + rows.Count;
                if (waiting > MostWaiting) _sums.Add(transaction);
            });
            _sums!.Waiting = waiting > MostWaiting ? 0 : waiting;
        }
    }

    /// <summary>A day is forgotten by the sums when all of its rows are.</summary>
    public Task<bool> DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        lock (_writing)
        {
            SqliteWork.InTransaction(Opened(), transaction =>
            {
                _sums!.Add(transaction);
                using var command = _connection!.CreateCommand();
                command.Transaction = transaction;
                command.CommandText = "DELETE FROM ledger WHERE time < $time";
                command.Parameters.AddWithValue("$time", Text(time));
                command.ExecuteNonQuery();
                _sums.DeleteBefore(time, transaction);
            });
            _sums!.Waiting = 0;
        }

        return Task.FromResult(true);
    }

    public bool IsFaultOfRows(Exception exception) => exception is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_TOOBIG };

    public async Task<IReadOnlyList<LedgerRow>> FindAsync(LedgerQuery query, CancellationToken cancellationToken = default)
    {
        if (!_complete) return [];
        await using var connection = Connect(SqliteOpenMode.ReadOnly);
        return await Sql.FindAsync(connection, query, cancellationToken);
    }

    public async Task<IReadOnlyList<LedgerSum>> SumAsync(LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken = default)
    {
        if (!_complete) return [];
        var summed = LedgerSums.Answer(query) && SumUp();
        await using var connection = Connect(SqliteOpenMode.ReadOnly);
        return summed
            ? await SqliteSums.Sql.SumAsync(connection, query, by, cancellationToken)
            : await Sql.SumAsync(connection, query, by, cancellationToken);
    }

    public async Task<IReadOnlyList<LedgerDay>> SumDaysAsync(LedgerQuery query, int most, CancellationToken cancellationToken = default)
    {
        if (!_complete) return [];
        var summed = LedgerSums.Answer(query) && SumUp();
        await using var connection = Connect(SqliteOpenMode.ReadOnly);
        return summed
            ? await SqliteSums.Sql.SumDaysAsync(connection, query, most, cancellationToken)
            : await Sql.SumDaysAsync(connection, query, most, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    internal static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private SqliteConnection Connect(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>False: it cannot be done now, and the rows themselves are to be asked.</summary>
    private bool SumUp()
    {
        lock (_writing)
        {
            if (_sums is null || _connection is null) return false;
            if (_sums.Waiting == 0) return true;
            try
            {
                SqliteWork.InTransaction(_connection, _sums.Add);
                _sums.Waiting = 0;
                return true;
            }
            catch (SqliteException)
            {
                // A full disk, say: whoever only asks is answered all the same, and the next insert tells of it.
                return false;
            }
        }
    }

    private void Close()
    {
        lock (_writing)
        {
            var (insert, sums, connection) = (_insert, _sums, _connection);
            (_insert, _sums, _connection) = (null, null, null);
            try
            {
                insert?.Dispose();
                sums?.Dispose();
                connection?.Dispose();
            }
            catch (SqliteException)
            {
                // It was to be thrown away.
            }
        }
    }

    private SqliteConnection Opened() => _connection ?? throw new InvalidOperationException("The ledger file is not open.");
}
