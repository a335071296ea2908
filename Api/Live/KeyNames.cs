using System.Collections.Concurrent;
using OrleansLlm.Api.Access;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Live;

/// <summary>What people call the keys that are known by their hashes. Remembered for a minute; bounded: past that many keys, they are looked up anew.</summary>
internal sealed class KeyNames(AccountCache accounts, ICatalog catalog, TimeProvider time)
{
    private const int Most = 5_000;

    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (string Name, long Since)> _names = new(StringComparer.Ordinal);

    /// <summary>Finds out what <see cref="Of"/> is going to be asked.</summary>
    public async Task LearnAsync(IEnumerable<string?> hashes, CancellationToken cancellationToken)
    {
        foreach (var hash in hashes.OfType<string>().Distinct())
        {
            if (_names.TryGetValue(hash, out var known) && time.GetElapsedTime(known.Since) < Fresh) continue;
            if (_names.Count >= Most) _names.Clear();
            _names[hash] = (await NameAsync(hash, cancellationToken), time.GetTimestamp());
        }
    }

    /// <returns>Its alias, or so much of it as may be shown; of a key that is not known the beginning of its hash.</returns>
    public string Of(string? hash) => hash is null ? "no key" : _names.TryGetValue(hash, out var known) ? known.Name : Short(hash);

    private async Task<string> NameAsync(string hash, CancellationToken cancellationToken)
    {
        if (catalog.Current.Settings.MasterKeyHash is not { } master) return Short(hash);
        if (hash == Convert.ToHexStringLower([.. master])) return "master key";
        try
        {
            return (await accounts.FindAsync(hash, cancellationToken))?.Key is { } key ? key.Alias ?? key.Mask ?? Short(hash) : Short(hash);
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            return Short(hash);
        }
    }

    private static string Short(string hash) => $"key {hash[..Math.Min(8, hash.Length)]}…";
}
