using System.Collections.Concurrent;
using OrleansLlm.Catalog;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Access;

/// <summary>
/// What keys may do, as this front end knows it: no older than a second, so that a block takes effect everywhere within one, and at once
/// where it was made. Where the cluster does not answer (a silo died under the key) what was known a minute ago still holds.
/// Bounded: while it is full of keys in use, others are looked up for every request.
/// </summary>
internal sealed class AccountCache(IGrainFactory grains, ICatalog catalog, TimeProvider time)
{
    private const int MaxKeys = 10_000;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Usable = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Pauses between tries where nothing is known, in seconds: a dead silo is found within them.</summary>
    private static readonly double[] AgainAfter = [0.5, 0.5, 1, 1, 2, 4, 8];

    /// <summary>No try begins later, however long those before it took.</summary>
    private static readonly TimeSpan AgainWithin = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Known> _keys = new(StringComparer.Ordinal);

    /// <summary>It was a key a short while ago, whatever it is now.</summary>
    public bool Remembers(string hash) => _keys.ContainsKey(hash);

    public void Forget(string hash) => _keys.TryRemove(hash, out _);

    /// <summary>A user or a team has changed: any key may be one of theirs.</summary>
    public void ForgetAll() => _keys.Clear();

    /// <returns>Null: there is no such key.</returns>
    public ValueTask<Rights?> FindAsync(string hash, CancellationToken cancellationToken) =>
        _keys.TryGetValue(hash, out var known) && time.GetElapsedTime(known.Since) < Fresh ? new(known.Rights) : new(FetchAsync(hash, known, cancellationToken));

    private async Task<Rights?> FetchAsync(string hash, Known? known, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var again = 0; ; again++)
        {
            // As old as the question, not as the answer.
            var since = time.GetTimestamp();
            try
            {
                var fetch = LookUpAsync(hash);
                var rights = known is null ? await fetch.WaitAsync(cancellationToken) : await fetch.WaitAsync(Patience, time, cancellationToken);
                Remember(hash, known, rights is null ? null : new Known(rights, since));
                return rights;
            }
            catch (Exception e) when (LostContact.Is(e))
            {
                if (known is not null && time.GetElapsedTime(known.Since) < Usable) return known.Rights;
                if (again == AgainAfter.Length || time.GetElapsedTime(began).TotalSeconds + AgainAfter[again] > AgainWithin.TotalSeconds) throw;
            }

            await Task.Delay(TimeSpan.FromSeconds(AgainAfter[again]), time, cancellationToken);
        }
    }

    private async Task<Rights?> LookUpAsync(string hash)
    {
        if (await GetAsync(AccountKind.Key, hash) is not { } key) return null;
        var (userOf, teamOf) = (GetAsync(AccountKind.User, key.UserId), GetAsync(AccountKind.Team, key.TeamId));
        var user = await userOf;
        var team = await teamOf;
        if (key.TeamId is null) team = await GetAsync(AccountKind.Team, user?.TeamId);
        return new Rights(key with { AllowUserField = key.AllowUserField || catalog.Current.Settings.Access.AllowUserField }, user, team);
    }

    private Task<Account?> GetAsync(AccountKind kind, string? id) =>
        id is null ? Task.FromResult<Account?>(null) : grains.GetGrain<IAccountGrain>(AccountKeys.Of(kind, id)).GetAsync();

    /// <summary>Only in place of what was there when it was asked for: a change in between has cleared it away and must not be covered up.</summary>
    private void Remember(string hash, Known? before, Known? now)
    {
        if (before is not null)
        {
            if (now is null) _keys.TryRemove(new(hash, before));
            else _keys.TryUpdate(hash, now, before);
            return;
        }

        if (now is null) return;
        if (_keys.Count >= MaxKeys) Sweep();
        if (_keys.Count < MaxKeys) _keys.TryAdd(hash, now);
    }

    private void Sweep()
    {
        foreach (var (hash, known) in _keys)
        {
            if (time.GetElapsedTime(known.Since) >= Fresh) _keys.TryRemove(new(hash, known));
        }
    }

    private sealed record Known(Rights Rights, long Since);
}
