using System.Diagnostics.Metrics;

namespace OrleansLlm.Upstream.Calls;

/// <summary>
/// Which connections to a server nobody uses, as .NET's own meter tells it. One goes back to the pool a moment after its answer is there: when the end of the body has been read, which
/// may come behind the end of the answer. To be made before the first connection is.
/// </summary>
internal sealed class ConnectionPool : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _idle;

    public ConnectionPool(Uri server)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.open_connections" }) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
        {
            var (port, isIdle) = (0, false);
            foreach (var (name, value) in tags)
            {
                if (name == "server.port" && value is int number) port = number;
                if (name == "http.connection.state") isIdle = value is "idle";
            }

            if (isIdle && port == server.Port) Interlocked.Add(ref _idle, change);
        });
        _listener.Start();
    }

    public Task UntilOneIsThereAsync() => Eventually.HappensAsync(() => Interlocked.Read(ref _idle) == 1, "the connection is in the pool again");

    public void Dispose() => _listener.Dispose();
}
