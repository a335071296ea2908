using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>
/// Whether the shorter lists (<see cref="AccountLists"/>) are to be trusted: accounts of older versions are in none. Who asks first has them put there, in the background; until then all
/// accounts are looked through. Once done it stays done, and nobody is asked again.
/// </summary>
internal sealed partial class AccountListing(IGrainFactory grains, ILogger<AccountListing> logger)
{
    private const int AtOnce = 32;

    private readonly ConcurrentDictionary<AccountKind, bool> _done = new();
    private int _listing;

    public async Task<bool> IsDoneAsync(AccountKind kind)
    {
        if (_done.ContainsKey(kind)) return true;
        var missing = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(AccountBuckets.All(kind), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (bucket, _) =>
        {
            if (!await Bucket(bucket).IsListedAsync()) missing.Add(bucket);
        });
        if (missing.IsEmpty)
        {
            _done[kind] = true;
            return true;
        }

        if (Interlocked.Exchange(ref _listing, 1) == 0) _ = Task.Run(() => ListAsync(missing));
        return false;
    }

    /// <summary>One after the other: nobody waits for it, and requests go on beside it.</summary>
    private async Task ListAsync(IEnumerable<string> buckets)
    {
        try
        {
            foreach (var bucket in buckets) await Bucket(bucket).ListAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotListed(e);
        }
        finally
        {
            Volatile.Write(ref _listing, 0);
        }
    }

    private IAccountIndexGrain Bucket(string bucket) => grains.GetGrain<IAccountIndexGrain>(bucket);

    [LoggerMessage(EventId = 3501, EventName = "AccountsNotListed", Level = LogLevel.Warning,
        Message = "Accounts of an older version could not all be put into the lists of their user, team and alias; the next question for such a list goes on with it")]
    private partial void LogNotListed(Exception exception);
}
