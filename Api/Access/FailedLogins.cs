namespace OrleansLlm.Api.Access;

/// <summary>
/// How many keys that are none an address has presented in the last minute: the same one again, as a client with an old key sends it, is one. Time is an argument;
/// not for several threads at once. Bounded: while as many addresses as it remembers are at it, another one is not counted.
/// </summary>
/// <param name="maxAddresses">Addresses remembered at once.</param>
internal sealed class FailedLogins(int maxAddresses = 10_000)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Attempts> _addresses = new(StringComparer.Ordinal);

    /// <summary>A key is about to be looked up. Keys that are being looked up count like failed ones, so that asking all at once helps nobody.</summary>
    /// <param name="limit">Failures a minute.</param>
    /// <returns>How long the address has to wait; null: not at all, and <see cref="End"/> must follow.</returns>
    public TimeSpan? Begin(string address, string hash, int limit, TimeSpan now)
    {
        if (!_addresses.TryGetValue(address, out var attempts))
        {
            if (_addresses.Count >= maxAddresses) Sweep(now);
            if (_addresses.Count >= maxAddresses) return null;
            _addresses[address] = attempts = new Attempts();
        }

        attempts.Forget(now - Minute);
        if (!attempts.Pending.TryGetValue(hash, out var same) && attempts.Failed.Count + attempts.Pending.Count >= limit)
        {
            return attempts.Failed.TryPeek(out var oldest) ? oldest.At + Minute - now : TimeSpan.FromSeconds(1);
        }

        // What has failed in this minute is counted already.
        if (!attempts.Hashes.Contains(hash)) attempts.Pending[hash] = same + 1;
        return null;
    }

    /// <returns>Whether this failure was the last that the limit allows.</returns>
    public bool End(string address, string hash, bool failed, int limit, TimeSpan now)
    {
        if (!_addresses.TryGetValue(address, out var attempts)) return false;
        if (attempts.Pending.TryGetValue(hash, out var same) && same > 1) attempts.Pending[hash] = same - 1;
        else attempts.Pending.Remove(hash);
        if (failed && attempts.Hashes.Add(hash))
        {
            attempts.Failed.Enqueue((now, hash));
            return attempts.Failed.Count == limit;
        }

        if (attempts.IsIdle) _addresses.Remove(address);
        return false;
    }

    private void Sweep(TimeSpan now)
    {
        foreach (var (address, attempts) in _addresses)
        {
            attempts.Forget(now - Minute);
            if (attempts.IsIdle) _addresses.Remove(address);
        }
    }

    private sealed class Attempts
    {
        public Queue<(TimeSpan At, string Hash)> Failed { get; } = new();

        /// <summary>Those of <see cref="Failed"/>.</summary>
        public HashSet<string> Hashes { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, int> Pending { get; } = new(StringComparer.Ordinal);

        public bool IsIdle => Failed.Count == 0 && Pending.Count == 0;

        public void Forget(TimeSpan before)
        {
            while (Failed.TryPeek(out var oldest) && oldest.At <= before) Hashes.Remove(Failed.Dequeue().Hash);
        }
    }
}
