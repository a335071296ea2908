namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.cluster</c>: how silos find one another. Means nothing to the one-process engine.</summary>
public sealed record ClusterSettings
{
    public const string Localhost = "localhost";
    public const string Redis = "redis";

    /// <summary><see cref="Localhost"/> for development, <see cref="Redis"/> for real. Default: redis when an address of one is known.</summary>
    public string Clustering { get; init; } = Localhost;

    /// <summary>StackExchange.Redis' form, for instance <c>localhost:6379,password=…</c>. Secret.</summary>
    public string? RedisConnection { get; init; }

    /// <summary>Silos with the same id form one cluster.</summary>
    public string ClusterId { get; init; } = "orleansllm";

    /// <summary>State is kept under this name: it outlives a cluster.</summary>
    public string ServiceId { get; init; } = "orleansllm";

    /// <summary>Port between silos; 0: any free one.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>Port for front ends without grains; 0: any free one.</summary>
    public int GatewayPort { get; init; } = 30000;

    /// <summary>Address that other nodes reach this one at; null: its first network address.</summary>
    public string? Advertise { get; init; }

    /// <summary>Time between two probes of a neighbour; a silo that misses three is voted dead. Default 1 s.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Without the password.</summary>
    public override string ToString() => Clustering == Redis ? $"redis, cluster {ClusterId}" : Clustering;
}
