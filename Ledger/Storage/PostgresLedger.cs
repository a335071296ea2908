using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace OrleansLlm.Ledger.Storage;

/// <summary>The ledger of all nodes in one PostgreSQL database, which may be another program's as well.</summary>
internal sealed class PostgresLedger(string connectionString, ILogger? logger = null) : ILedgerStore
{
    /// <summary>What is stored is summed up with it: several nodes write, and none could tell which rows another one has summed up.</summary>
    private static readonly string Insert = PostgresSchema.AddUp(
        "stored",
        $"stored AS (INSERT INTO orleansllm.ledger ({LedgerSql.ColumnList}) SELECT {LedgerSql.ColumnList} FROM jsonb_to_recordset($1) AS r ({PostgresSchema.ColumnTypes}) ON CONFLICT DO NOTHING RETURNING *), ");

    private static readonly LedgerSql Sql = new("orleansllm.ledger", PostgresSchema.Day, t => t.UtcDateTime);

    /// <summary>100,000 names are 30 MB. With the server's usual 4 MB they go through files, which takes twice as long.</summary>
    private const string RoomToGroup = "SELECT set_config('work_mem', '32MB', true) WHERE pg_size_bytes(current_setting('work_mem')) < 32 * 1024 * 1024";

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(connectionString);

    /// <summary>Parts of old rows that go before the writer looks at what waits.</summary>
    private const int MostParts = 20;

    /// <summary>Seconds for a part: a server that has gone without a word must not keep the writer for ever.</summary>
    private const int Patience = 300;

    /// <summary>Of old rows: the first time there is a retention, millions may be too old.</summary>
    public int DeletedAtOnce { get; init; } = 20_000;

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await PostgresSchema.CompleteAsync(connection, logger, cancellationToken);
    }

    public async Task InsertAsync(IReadOnlyList<LedgerRow> rows, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand(Insert);
        command.Parameters.Add(new NpgsqlParameter { Value = RowJson.Write(rows), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A day is forgotten by the sums when all of its rows are.</summary>
    public async Task<bool> DeleteBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await using var rows = _source.CreateCommand("DELETE FROM orleansllm.ledger WHERE ctid = ANY (ARRAY(SELECT ctid FROM orleansllm.ledger WHERE time < $1 LIMIT $2))");
        rows.CommandTimeout = Patience;
        rows.Parameters.Add(new NpgsqlParameter { Value = time.UtcDateTime });
        rows.Parameters.Add(new NpgsqlParameter { Value = DeletedAtOnce });
        // What is deleted stays deleted, whatever becomes of the rest.
        for (var parts = 0; await rows.ExecuteNonQueryAsync(cancellationToken) >= DeletedAtOnce; parts++)
        {
            if (parts == MostParts) return false;
        }

        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var sums = new NpgsqlCommand("SELECT EXISTS (SELECT FROM orleansllm.ledger_day WHERE day < $1)", connection, transaction) { CommandTimeout = Patience };
        sums.Parameters.Add(new NpgsqlParameter { Value = MonthSpans.DayOf(time.UtcDateTime) });
        if (await sums.ExecuteScalarAsync(cancellationToken) is not true) return true;
        // In the order in which inserts take them.
        sums.CommandText = $"LOCK TABLE orleansllm.ledger_day, orleansllm.ledger_span IN SHARE ROW EXCLUSIVE MODE; {PostgresSchema.Sums.Forget(time)}";
        sums.Parameters.Clear();
        await sums.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Class 22: a value that the column cannot hold, for instance text with a NUL; class 23: a constraint.</summary>
    public bool IsFaultOfRows(Exception exception) =>
        exception is PostgresException { SqlState: var state } && (state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("23", StringComparison.Ordinal));

    public Task<IReadOnlyList<LedgerRow>> FindAsync(LedgerQuery query, CancellationToken cancellationToken = default) =>
        ReadAsync(connection => Sql.FindAsync(connection, query, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<LedgerSum>> SumAsync(LedgerQuery query, LedgerGrouping by, CancellationToken cancellationToken = default) => ReadAsync(
        async connection =>
        {
            if (!LedgerSums.Answer(query)) return await Sql.SumAsync(connection, query, by, cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var room = new NpgsqlCommand(RoomToGroup, connection, transaction);
            await room.ExecuteNonQueryAsync(cancellationToken);
            return await PostgresSchema.Sums.SumAsync(connection, query, by, cancellationToken);
        },
        cancellationToken);

    public Task<IReadOnlyList<LedgerDay>> SumDaysAsync(LedgerQuery query, int most, CancellationToken cancellationToken = default) => ReadAsync(
        connection => LedgerSums.Answer(query)
            ? PostgresSchema.Sums.SumDaysAsync(connection, query, most, cancellationToken)
            : Sql.SumDaysAsync(connection, query, most, cancellationToken),
        cancellationToken);

    /// <summary>After a restart of the server, or of what stands before it, every connection of the pool is dead, and the first that is used would be an error to whoever asks.</summary>
    private async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await OnceAsync();
        }
        catch (NpgsqlException e) when (e.IsTransient && e.InnerException is not TimeoutException)
        {
            _source.Clear();
            return await OnceAsync();
        }

        async Task<T> OnceAsync()
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            return await read(connection);
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
