namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// Ends a silo of which the cluster's table knows nothing any more, although the store answers: it has come back without its data. Nobody finds such a silo, and what it knows of
/// its grains is true no more; begun anew it joins at once. Until then it would call itself ready and be asked by nobody. A store that does not answer because it has another
/// password is told of: the engine's own log has only that there is no connection.
/// </summary>
internal sealed partial class MembershipWatch(
    IMembershipTable table, ILocalSiloDetails silo, IFatalErrorHandler end, Func<Task<string?>> whyRefused, TimeSpan period, TimeProvider time, ILogger<MembershipWatch> logger) : BackgroundService
{
    /// <summary>Once could be a look at a store that is just being filled.</summary>
    private const int Looks = 3;

    private string? _refused;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (wasThere, missed) = (false, 0);
        while (missed < Looks)
        {
            await Task.Delay(period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested) return;
            if (await IsKnownAsync() is not { } known) continue;
            wasThere |= known;
            missed = known || !wasThere ? 0 : missed + 1;
        }

        LogForgotten(silo.SiloAddress);
        end.OnFatalException(this, "The cluster's store has lost its data, and this silo with it.", null);
    }

    /// <returns>Null: the store does not answer, and nothing can be said.</returns>
    private async Task<bool?> IsKnownAsync()
    {
        try
        {
            var known = (await table.ReadRow(silo.SiloAddress)).Members.Count > 0;
            _refused = null;
            return known;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Told once, until it answers again.
            if (_refused is null && (_refused = await whyRefused()) is { } refused) LogRefused(refused);
            return null;
        }
    }

    [LoggerMessage(EventId = 8414, EventName = "StoreRefuses", Level = LogLevel.Error,
        Message = "The cluster's store does not let this node in (its password may have been changed): {Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(EventId = 8413, EventName = "StoreForgot", Level = LogLevel.Critical,
        Message = "The cluster's store answers and does not know this silo ({Silo}) any more: it has lost its data. The process ends, so that it is begun anew")]
    private partial void LogForgotten(SiloAddress silo);
}
