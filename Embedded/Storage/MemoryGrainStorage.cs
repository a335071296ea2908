using System.Globalization;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Embedded;

/// <summary>State that lives as long as the process. Kept serialized, so that what a grain read is its own copy, as from a file.</summary>
internal sealed class MemoryGrainStorage(StateSerializer states) : IGrainStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string State, GrainId Grain), (byte[] Payload, string Etag)> _records = [];
    private long _sequence;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        (byte[] Payload, string? Etag) record;
        lock (_gate) record = _records.TryGetValue((stateName, grainId), out var found) ? found : default;
        StoredState.Show(states, record.Payload, record.Etag, grainState);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var payload = states.Serialize(grainState.State);
        lock (_gate)
        {
            if (Mismatch(stateName, grainId, grainState.ETag) is { } mismatch) return Task.FromException(mismatch);
            var etag = (++_sequence).ToString(CultureInfo.InvariantCulture);
            _records[(stateName, grainId)] = (payload, etag);
            grainState.ETag = etag;
        }

        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_gate)
        {
            if (Mismatch(stateName, grainId, grainState.ETag) is { } mismatch) return Task.FromException(mismatch);
            _records.Remove((stateName, grainId));
        }

        StoredState.Show(states, null, null, grainState);
        return Task.CompletedTask;
    }

    private InconsistentStateException? Mismatch(string stateName, GrainId grainId, string? current)
    {
        var stored = _records.TryGetValue((stateName, grainId), out var record) ? record.Etag : null;
        return stored == current ? null : StoredState.Mismatch(stateName, grainId, stored, current);
    }
}
