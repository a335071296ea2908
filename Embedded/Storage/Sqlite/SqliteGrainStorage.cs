using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>Grain state in one SQLite file. A write is acknowledged when it is in the file's log and the log is on the disk.</summary>
internal sealed class SqliteGrainStorage(string path, StateSerializer states) : IGrainStorage, IEnginePart, IDisposable
{
    private SqliteLock? _lock;
    private SqliteWriter? _writer;
    private SqliteReaders? _readers;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _lock = SqliteLock.Take(path);
        try
        {
            _writer = new SqliteWriter(SqliteFile.OpenForWriting(path), path);
            _readers = new SqliteReaders(path);
        }
        catch
        {
            Dispose();
            throw;
        }

        return Task.CompletedTask;
    }

    public Task StopAsync()
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _readers?.Dispose();
        _writer?.Dispose();
        _lock?.Dispose();
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var record = await Opened(_readers).ReadAsync(grainId.ToString(), stateName);
        StoredState.Show(states, record?.Payload, record?.Etag, grainState);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = await Opened(_writer).WriteAsync(grainId, stateName, grainState.ETag, states.Serialize(grainState.State));
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Opened(_writer).WriteAsync(grainId, stateName, grainState.ETag, payload: null);
        StoredState.Show(states, null, null, grainState);
    }

    private T Opened<T>(T? part)
        where T : class => part ?? throw new OrleansException($"The grain state file '{path}' is not open: the host has not started.");
}
