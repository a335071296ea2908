using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>What the tests need to know of the engine under them. One of two files; see Gateway.csproj.</summary>
internal static class TestEngine
{
    private static readonly ConcurrentDictionary<string, TestStorage> Stores = new(StringComparer.Ordinal);

    public static bool TakesInjectedTime => false;

    /// <summary>Ports of its own: of those that silos look for themselves, two that start at once may find the same.</summary>
    public static Func<string, string?> VariablesOfAGateway()
    {
        var (silo, gateway) = (Ports.Free(), Ports.Free());
        return name => name switch
        {
            "SILO_PORT" => silo.ToString(CultureInfo.InvariantCulture),
            "GATEWAY_PORT" => gateway.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
    }

    /// <summary>A stand-in for Redis: a store that outlives the silos of the test, one for each folder.</summary>
    public static void KeepStateOf(string folder, IServiceCollection services) =>
        services.AddKeyedSingleton<IGrainStorage>(Names.StateStore, Stores.GetOrAdd(folder, _ => new TestStorage()));
}

/// <summary>Grain state in the memory of the test, with etags.</summary>
internal sealed class TestStorage : IGrainStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string, GrainId), (string Json, int Version)> _rows = [];

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_gate)
        {
            var found = _rows.TryGetValue((stateName, grainId), out var row);
            grainState.State = found ? JsonSerializer.Deserialize<T>(row.Json)! : Activator.CreateInstance<T>();
            grainState.RecordExists = found;
            grainState.ETag = found ? row.Version.ToString(CultureInfo.InvariantCulture) : null;
            return Task.CompletedTask;
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_gate)
        {
            Check(stateName, grainId, grainState.ETag);
            var version = _rows.TryGetValue((stateName, grainId), out var row) ? row.Version + 1 : 1;
            _rows[(stateName, grainId)] = (JsonSerializer.Serialize(grainState.State), version);
            grainState.RecordExists = true;
            grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_gate)
        {
            Check(stateName, grainId, grainState.ETag);
            _rows.Remove((stateName, grainId));
            grainState.State = Activator.CreateInstance<T>();
            grainState.RecordExists = false;
            grainState.ETag = null;
            return Task.CompletedTask;
        }
    }

    /// <summary>As if another node had written the same.</summary>
    public void WriteFromElsewhere(GrainId grainId)
    {
        lock (_gate)
        {
            foreach (var (name, row) in _rows.Where(r => r.Key.Item2 == grainId).ToList()) _rows[name] = (row.Json, row.Version + 1);
        }
    }

    private void Check(string stateName, GrainId grainId, string? etag)
    {
        var stored = _rows.TryGetValue((stateName, grainId), out var row) ? row.Version.ToString(CultureInfo.InvariantCulture) : null;
        if (stored != etag) throw new InconsistentStateException("Version conflict.", stored ?? "", etag ?? "");
    }
}
