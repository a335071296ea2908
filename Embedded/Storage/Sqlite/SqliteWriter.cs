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
    private readonly string _path;
    private readonly Thread _thread;
    private SqliteSession? _session;

    public SqliteWriter(SqliteConnection connection, string path)
    {
        _path = path;
        _session = new SqliteSession(connection);
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
        _session?.Dispose();
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
        try
        {
            _session ??= new SqliteSession(SqliteFile.Reopen(_path));
            _session.Commit(() =>
            {
                foreach (var write in group) write.Outcome = Apply(_session, write);
            });
        }
        catch (Exception exception)
        {
            // Nothing of the group is stored; each of its writers hears why and may try again. That begins with a new connection: what a full
            // disk has left of this one's transaction is not certain.
            _session?.Dispose();
            _session = null;
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

    private static object? Apply(SqliteSession session, Write write)
    {
        var grain = write.Grain.ToString();
        var stored = session.Find(grain, write.Name)?.ToString(CultureInfo.InvariantCulture);
        if (stored != write.Etag) return StoredState.Mismatch(write.Name, write.Grain, stored, write.Etag);
        if (write.Payload is { } payload) return session.Store(grain, write.Name, payload).ToString(CultureInfo.InvariantCulture);
        session.Delete(grain, write.Name);
        return null;
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
