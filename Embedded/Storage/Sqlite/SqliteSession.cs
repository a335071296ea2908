using Microsoft.Data.Sqlite;

namespace Orleans.Embedded;

/// <summary>A connection of the writer with its statements. After a failed <see cref="Commit"/> it is to be thrown away.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _store;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _number;
    private long _sequence;

    public SqliteSession(SqliteConnection connection)
    {
        _connection = connection;
        _sequence = (long)SqliteFile.Run(connection, "SELECT last FROM sequence")!;
        _find = Command("SELECT etag FROM state WHERE grain=$grain AND name=$name", "$grain", "$name");
        _store = Command(
            "INSERT INTO state VALUES ($grain, $name, $etag, $payload) ON CONFLICT DO UPDATE SET etag=excluded.etag, payload=excluded.payload",
            "$grain", "$name", "$etag", "$payload");
        _delete = Command("DELETE FROM state WHERE grain=$grain AND name=$name", "$grain", "$name");
        _number = Command("UPDATE sequence SET last=$last", "$last");
    }

    /// <summary>All of the changes, or none.</summary>
    public void Commit(Action changes) => SqliteWork.InTransaction(_connection, transaction =>
    {
        foreach (var command in new[] { _find, _store, _delete, _number }) command.Transaction = transaction;
        changes();
        Bind(_number, _sequence);
        _number.ExecuteNonQuery();
    });

    /// <returns>The etag of what is stored; null: nothing is.</returns>
    public long? Find(string grain, string name)
    {
        Bind(_find, grain, name);
        return _find.ExecuteScalar() as long?;
    }

    /// <returns>Its new etag.</returns>
    public long Store(string grain, string name, byte[] payload)
    {
        Bind(_store, grain, name, ++_sequence, payload);
        _store.ExecuteNonQuery();
        return _sequence;
    }

    public void Delete(string grain, string name)
    {
        Bind(_delete, grain, name);
        _delete.ExecuteNonQuery();
    }

    public void Dispose()
    {
        try
        {
            foreach (var command in new[] { _find, _store, _delete, _number }) command.Dispose();
            _connection.Dispose();
        }
        catch (SqliteException)
        {
            // It closes what it has left open of a transaction, which may fail as the transaction has.
        }
    }

    private static void Bind(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        return command;
    }
}
