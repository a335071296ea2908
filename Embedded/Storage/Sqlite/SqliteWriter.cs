using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>The one writer: a thread that takes whatever writes are waiting and commits them together (group commit).</summary>
internal sealed class SqliteWriter : IDisposable
{
    private const int QueueLimit = 10_000;
    private const int GroupLimit = 1_000;
    private readonly BlockingCollection<Write> _queue = new(QueueLimit);
    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly Thread _thread;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _store;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _number;
    private long _sequence;

    public SqliteWriter(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
        _sequence = (long)SqliteFile.Run(connection, "SELECT last FROM sequence")!;
        _find = Command("SELECT etag FROM state WHERE grain=$grain AND name=$name", "$grain", "$name");
        _store = Command(
            "INSERT INTO state VALUES ($grain, $name, $etag, $payload) ON CONFLICT DO UPDATE SET etag=excluded.etag, payload=excluded.payload",
            "$grain", "$name", "$etag", "$payload");
        _delete = Command("DELETE FROM state WHERE grain=$grain AND name=$name", "$grain", "$name");
        _number = Command("UPDATE sequence SET last=$last", "$last");
        _thread = new Thread(Run) { IsBackground = true, Name = "Grain state writer" };
        _thread.Start();
    }

    /// <summary>Queues a write (or, without payload, a removal). Ends when it is committed, with the new etag.</summary>
    public Task<string?> WriteAsync(GrainId grain, string name, string? etag, byte[]? payload)
    {
        var write = new Write(grain, name, etag, payload);
        try
        {
            if (_queue.TryAdd(write)) return write.Task;
        }
        catch (InvalidOperationException)
        {
            return Task.FromException<string?>(new OrleansException($"The grain state file '{_path}' is closed: the engine has stopped."));
        }

        return Task.FromException<string?>(new LimitExceededException("GrainStateWriteQueue", QueueLimit, QueueLimit, _path));
    }

    /// <summary>Writes what is still queued, then closes the file.</summary>
    public void Dispose()
    {
        if (_queue.IsAddingCompleted) return;
        _queue.CompleteAdding();
        _thread.Join();
        foreach (var command in new[] { _find, _store, _delete, _number }) command.Dispose();
        _connection.Dispose();
    }

    private void Run()
    {
        var group = new List<Write>();
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            group.Clear();
            group.Add(first);
            while (group.Count < GroupLimit && _queue.TryTake(out var more)) group.Add(more);
            Commit(group);
        }
    }

    private void Commit(List<Write> group)
    {
        var before = _sequence;
        try
        {
            using (var transaction = _connection.BeginTransaction())
            {
                foreach (var command in new[] { _find, _store, _delete, _number }) command.Transaction = transaction;
                foreach (var write in group) write.Outcome = Apply(write);
                Bind(_number, _sequence);
                _number.ExecuteNonQuery();
                transaction.Commit();
            }
        }
        catch (Exception exception)
        {
            // Nothing of the group is stored; each of its writers hears why and may try again.
            _sequence = before;
            var fault = new OrleansException($"Writing to the grain state file '{_path}' failed: {exception.Message}", exception);
            foreach (var write in group) write.TrySetException(fault);
            return;
        }

        foreach (var write in group)
        {
            if (write.Outcome is Exception mismatch) write.TrySetException(mismatch);
            else write.TrySetResult((string?)write.Outcome);
        }
    }

    private object? Apply(Write write)
    {
        var grain = write.Grain.ToString();
        Bind(_find, grain, write.Name);
        var stored = _find.ExecuteScalar() is long etag ? etag.ToString(CultureInfo.InvariantCulture) : null;
        if (stored != write.Etag) return StoredState.Mismatch(write.Name, write.Grain, stored, write.Etag);
        if (write.Payload is null)
        {
            Bind(_delete, grain, write.Name);
            _delete.ExecuteNonQuery();
            return null;
        }

        Bind(_store, grain, write.Name, ++_sequence, write.Payload);
        _store.ExecuteNonQuery();
        return _sequence.ToString(CultureInfo.InvariantCulture);
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

    private sealed class Write(GrainId grain, string name, string? etag, byte[]? payload)
        : TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public GrainId Grain => grain;

        public string Name => name;

        public string? Etag => etag;

        public byte[]? Payload => payload;

        /// <summary>The new etag, null for a removal, or why not.</summary>
        public object? Outcome { get; set; }
    }
}
