using Microsoft.Data.Sqlite;

namespace OrleansLlm.Ledger.Storage;

/// <summary>
/// Adds the rows of a ledger file that are not summed up yet to the sums. Not with each row but when many wait or somebody asks: added together
/// they cost a fraction. Names are numbers there, so that the sums of years are small.
/// </summary>
internal sealed class SqliteSums : IDisposable
{
    /// <summary>What is stored for nobody: no name has this number.</summary>
    private const string None = "0";

    private static readonly string[] Names = ["key_hash", "user_id", "team_id", "model"];

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _add;

    public SqliteSums(SqliteConnection connection)
    {
        _connection = connection;
        SqliteSchema.Run(
            connection,
            $"""
            CREATE TEMP TABLE named (day TEXT, key_hash TEXT, user_id TEXT, model TEXT, team_id TEXT, {SumColumns.Now.Types});
            CREATE TEMP TABLE waiting (day TEXT, key_hash INTEGER, user_id INTEGER, model INTEGER, team_id INTEGER, {SumColumns.Now.Types});
            """);
        _add = connection.CreateCommand();
        _add.CommandText = $"""
            INSERT INTO named SELECT substr(time, 1, 10), key_hash, user_id, model, team_id, {SumColumns.Now.OfRows} FROM ledger WHERE id > $after GROUP BY 2, 3, 4, 5, 1;
            INSERT INTO ledger_name (name) SELECT name FROM ({string.Join(" UNION ", Names.Select(n => $"SELECT {n} AS name FROM named"))})
              WHERE name IS NOT NULL ON CONFLICT DO NOTHING;
            INSERT INTO waiting SELECT day, {NumberOf("key_hash")}, {NumberOf("user_id")}, {NumberOf("model")}, {NumberOf("team_id")}, {SumColumns.Now.Names} FROM named;
            DELETE FROM named;
            {Sql.AddDays("waiting", SumColumns.Now)};
            {Sql.AddSpans("waiting", SumColumns.Now)};
            DELETE FROM waiting;
            UPDATE ledger_summed SET upto = (SELECT coalesce(max(id), $after) FROM ledger);
            """;
        _add.Parameters.Add("$after", SqliteType.Integer);
        Waiting = (long)SqliteSchema.Run(connection, "SELECT coalesce((SELECT max(id) FROM ledger), 0) - upto FROM ledger_summed")!;
    }

    public static LedgerSums Sql { get; } = new("", None, true, name => $"(SELECT n.name FROM ledger_name n WHERE n.id = found.{name})", parameter => $"(SELECT id FROM ledger_name WHERE name = {parameter})");

    /// <summary>Rows that are not summed up yet, or a few more.</summary>
    public long Waiting { get; set; }

    /// <summary>Adds all that wait: once the transaction is committed, none does.</summary>
    public void Add(SqliteTransaction transaction)
    {
        _add.Transaction = transaction;
        _add.Parameters[0].Value = SqliteSchema.Run(_connection, "SELECT upto FROM ledger_summed", transaction);
        _add.ExecuteNonQuery();
    }

    /// <summary>Forgets the days before one: those of which no row is left, and who was named on them alone.</summary>
    public void DeleteBefore(DateTimeOffset day, SqliteTransaction transaction)
    {
        if (SqliteSchema.Run(_connection, $"SELECT 1 FROM ledger_day WHERE day < '{MonthSpans.DayOf(day.UtcDateTime)}' LIMIT 1", transaction) is null) return;
        SqliteSchema.Run(
            _connection,
            $"""
            {Sql.Forget(day)}
            DELETE FROM ledger_name WHERE {string.Join(" AND ", Names.Select((_, i) => $"NOT EXISTS (SELECT 1 FROM ledger_span s WHERE s.dimension = {i + 1} AND s.month = '' AND s.name = ledger_name.id)"))};
            """,
            transaction);
    }

    public void Dispose() => _add.Dispose();

    private static string NumberOf(string column) => $"coalesce((SELECT n.id FROM ledger_name n WHERE n.name = named.{column}), {None})";
}
