using Microsoft.Extensions.Logging;

namespace OrleansLlm.Ledger.Writing;

/// <summary>
/// What nodes of this folder that are gone, perhaps for good, have left on its way to a database that is everybody's. Looked for at the start and every hour. A node that
/// comes back meanwhile takes another place.
/// </summary>
internal sealed class LeftSpools(LedgerFolder own, long maxBytes, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromHours(1);

    private long? _lookedAt;

    /// <param name="storeAsync">Stores all rows of a spool.</param>
    public async Task TakeOverAsync(Func<Spool, Task<long>> storeAsync)
    {
        if (_lookedAt is { } last && time.GetElapsedTime(last) < BetweenLooks) return;
        foreach (var number in own.OtherSpools())
        {
            try
            {
                await TakeOverAsync(number, storeAsync);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Perhaps another user's. It is no reason for our own rows to wait.
                logger.LeftSpoolFails(own.SpoolOf(number), e);
            }
        }

        _lookedAt = time.GetTimestamp();
    }

    private async Task TakeOverAsync(int number, Func<Spool, Task<long>> storeAsync)
    {
        if (!Directory.EnumerateFileSystemEntries(own.SpoolOf(number)).Any()) return;
        using var left = own.TryClaimOther(number);
        if (left is null) return;
        using var spool = new Spool(left.Spool, maxBytes);
        if (!spool.IsEmpty) logger.TakesOver(await storeAsync(spool), left.Spool);
    }
}
