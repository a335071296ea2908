using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace OrleansLlm.Bench.Growth;

/// <summary>
/// Fills the state file of a gateway that is not running with copies of what it has stored itself, under other names: in the store's own form, whatever
/// that is, and much faster than over HTTP.
/// </summary>
internal sealed class StateClones : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteTransaction _transaction;
    private long _etag = 1_000_000_000;

    public StateClones(string folder)
    {
        _connection = new SqliteConnection($"Data Source={FileOf(folder)};Pooling=False");
        _connection.Open();
        Ask("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-2000000");
        _transaction = _connection.BeginTransaction();
        _insert = _connection.CreateCommand();
        _insert.Transaction = _transaction;
        _insert.CommandText = "INSERT INTO state (grain, name, etag, payload) VALUES ($grain, $name, $etag, $payload) ON CONFLICT DO UPDATE SET payload = excluded.payload";
        foreach (var name in (string[])["$grain", "$name", "$etag", "$payload"]) _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
    }

    public static string FileOf(string folder) => Path.Combine(folder, "data", "orleansllm.db");

    public static double MegabytesOf(string folder) => new DirectoryInfo(Path.Combine(folder, "data")).GetFiles("orleansllm.db*").Sum(f => f.Length) / 1e6;

    /// <summary>What is stored of grains whose key has a text in it.</summary>
    public IReadOnlyList<(string Grain, string Name, string Payload)> Find(string pattern)
    {
        using var command = _connection.CreateCommand();
        command.Transaction = _transaction;
        command.CommandText = "SELECT grain, name, payload FROM state WHERE grain LIKE $pattern";
        command.Parameters.AddWithValue("$pattern", pattern);
        using var reader = command.ExecuteReader();
        var found = new List<(string, string, string)>();
        while (reader.Read()) found.Add((reader.GetString(0), reader.GetString(1), Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(2))));
        return found;
    }

    public void Add(string grain, string name, string payload)
    {
        (_insert.Parameters[0].Value, _insert.Parameters[1].Value, _insert.Parameters[2].Value, _insert.Parameters[3].Value) = (grain, name, ++_etag, Encoding.UTF8.GetBytes(payload));
        _insert.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _transaction.Commit();
        Ask(string.Create(CultureInfo.InvariantCulture, $"UPDATE sequence SET last = {_etag}"));
        _insert.Dispose();
        _connection.Dispose();
    }

    private void Ask(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
