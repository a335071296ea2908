using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>A few threads that read: SQLite blocks, so reads would otherwise take as many pool threads as there are grains to activate.</summary>
internal sealed class SqliteReaders : IDisposable
{
    private const int Threads = 2;
    private const int QueueLimit = 10_000;
    private readonly BlockingCollection<Read> _queue = new(QueueLimit);
    private readonly string _path;
    private readonly Thread[] _threads;

    public SqliteReaders(string path)
    {
        _path = path;
        _threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(Run) { IsBackground = true, Name = "Grain state reader" })];
        foreach (var thread in _threads) thread.Start(SqliteFile.Open(path, SqliteOpenMode.ReadWrite));
    }

    public Task<(byte[] Payload, string Etag)?> ReadAsync(string grain, string name)
    {
        var read = new Read(grain, name);
        try
        {
            if (!_queue.TryAdd(read)) read.TrySetException(new LimitExceededException("GrainStateReadQueue", QueueLimit, QueueLimit, _path));
        }
        catch (InvalidOperationException)
        {
            read.TrySetException(new OrleansException($"The grain state file '{_path}' is closed: the engine has stopped."));
        }

        return read.Task;
    }

    public void Dispose()
    {
        if (_queue.IsAddingCompleted) return;
        _queue.CompleteAdding();
        foreach (var thread in _threads) thread.Join();
    }

    private void Run(object? opened)
    {
        using var connection = (SqliteConnection)opened!;
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT payload, etag FROM state WHERE grain=$grain AND name=$name";
        var grain = command.Parameters.Add("$grain", SqliteType.Text);
        var name = command.Parameters.Add("$name", SqliteType.Text);
        foreach (var read in _queue.GetConsumingEnumerable())
        {
            try
            {
                grain.Value = read.Grain;
                name.Value = read.Name;
                using var row = command.ExecuteReader();
                read.TrySetResult(row.Read() ? (row.GetFieldValue<byte[]>(0), row.GetInt64(1).ToString(CultureInfo.InvariantCulture)) : null);
            }
            catch (Exception exception)
            {
                read.TrySetException(new OrleansException($"Reading the grain state file '{_path}' failed: {exception.Message}", exception));
            }
        }
    }

    private sealed class Read(string grain, string name)
        : TaskCompletionSource<(byte[] Payload, string Etag)?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Grain => grain;

        public string Name => name;
    }
}
