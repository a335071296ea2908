using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Limits;

/// <summary>What a grain with limits needs from its process.</summary>
internal sealed class LimitServices(TimeProvider time, HostTraits host, ILogger<LimitKeeper> logger)
{
    public TimeProvider Time => time;

    public HostTraits Host => host;

    public ILogger Logger => logger;
}
