using Microsoft.Extensions.Logging;

namespace OrleansLlm.Grains.Limits;

/// <summary>What a grain with limits needs from its process.</summary>
internal sealed class LimitServices(IGrainFactory grains, TimeProvider time, HostTraits host, ILogger<LimitKeeper> logger)
{
    public IGrainFactory Grains => grains;

    public TimeProvider Time => time;

    public HostTraits Host => host;

    public ILogger Logger => logger;
}
