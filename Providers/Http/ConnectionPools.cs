namespace OrleansLlm.Providers.Http;

/// <summary>
/// Connections, apart by whose certificates were taken when they were made: one that was made unchecked carries nothing of somebody who wants it checked.
/// </summary>
/// <param name="handler">Of connections that live this long at most; zero: every request gets a new one.</param>
internal sealed class ConnectionPools(Func<UpstreamTrust, TimeSpan, SocketsHttpHandler> handler) : IDisposable
{
    /// <summary>A configuration has one or two; with each change of a file of roots comes another.</summary>
    public const int Most = 32;

    private readonly Lock _gate = new();
    private readonly Pools _ofTheSystem = new(UpstreamTrust.OfTheSystem, handler);
    private readonly Dictionary<string, Pools> _others = new(StringComparer.Ordinal);
    private long _uses;

    /// <summary>How many there are, apart from the one of the system's roots.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _others.Count;
        }
    }

    public Pools For(UpstreamTrust trust)
    {
        if (trust.Name == UpstreamTrust.OfTheSystem.Name) return _ofTheSystem;
        lock (_gate)
        {
            if (!_others.TryGetValue(trust.Name, out var pools))
            {
                // Not disposed of: somebody may be about to send by it. Its connections end when they have been idle for a while.
                if (_others.Count >= Most) _others.Remove(_others.MinBy(p => p.Value.LastUse).Key);
                _others[trust.Name] = pools = new Pools(trust, handler);
            }

            pools.LastUse = ++_uses;
            return pools;
        }
    }

    public void Dispose()
    {
        _ofTheSystem.Dispose();
        lock (_gate)
        {
            foreach (var pools in _others.Values) pools.Dispose();
        }
    }

    internal sealed class Pools(UpstreamTrust trust, Func<UpstreamTrust, TimeSpan, SocketsHttpHandler> handler) : IDisposable
    {
        public HttpMessageInvoker Kept { get; } = new(handler(trust, TimeSpan.FromMinutes(10)));

        public HttpMessageInvoker Fresh { get; } = new(handler(trust, TimeSpan.Zero));

        public long LastUse { get; set; }

        public void Dispose()
        {
            Kept.Dispose();
            Fresh.Dispose();
        }
    }
}
