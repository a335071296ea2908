using System.Globalization;
using OrleansLlm.Telemetry;
using StackExchange.Redis;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// Shows since when the cluster's store has been written to. A store that has lost its data, or was restored to nothing, has begun later than it had before, whichever nodes
/// were there to see it happen; a silo that is forgotten ends and starts anew, and then shows it (see <see cref="MembershipWatch"/>).
/// </summary>
/// <param name="service">Whose data they are, where several share a Redis.</param>
internal sealed partial class StoreAge(ConfigurationOptions options, string service, GatewayMetrics metrics, TimeProvider time, ILogger<StoreAge> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private RedisKey Key => $"{service}/store-began";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested && !await TryShowAsync())
        {
            await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>False: the store does not answer yet.</returns>
    private async Task<bool> TryShowAsync()
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
            var database = redis.GetDatabase();
            var isNew = await database.StringSetAsync(Key, time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), when: When.NotExists);
            var began = await database.StringGetAsync(Key);
            if (!began.TryParse(out long seconds)) return false;
            if (isNew) LogBegan(Key.ToString());
            metrics.Process.StoreBegan.Set(seconds, service);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // That it is away is told by those who need it.
            return false;
        }
    }

    [LoggerMessage(EventId = 8415, EventName = "StoreBegan", Level = LogLevel.Information,
        Message = "The cluster's store has nothing of earlier runs of this version ({Key} was not there): where there were some, it has lost its data")]
    private partial void LogBegan(string key);
}
