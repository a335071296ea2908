using StackExchange.Redis;

namespace OrleansLlm.Silo.Hosting;

/// <summary>Asks a store that does not answer whether it is us: those that the engine has connected say only that they have no connection.</summary>
internal sealed class StoreKnock(ConfigurationOptions options)
{
    /// <returns>Why it lets this node not in (NOAUTH, WRONGPASS), in its own words; null: it does, or is not there.</returns>
    public async Task<string?> WhyRefusedAsync()
    {
        var once = options.Clone();
        once.AbortOnConnectFail = true;
        once.ConnectRetry = 1;
        try
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(once);
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } ? e.Message : null;
        }
    }
}
