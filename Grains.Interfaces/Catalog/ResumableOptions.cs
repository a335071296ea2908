namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.resumable</c>: what is kept of answers asked for with <c>x-resumable: true</c>.</summary>
public sealed record ResumableOptions
{
    /// <summary>How long an answer can still be resumed after its end. Default 5 minutes.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Bytes kept of one answer; beyond that its oldest events go. Default 4 MiB.</summary>
    public long MaxBytes { get; init; } = 4L << 20;

    /// <summary>Bytes of all answers that one process keeps, running or ended; while it is reached, a request for another is a 429. Default 256 MiB.</summary>
    public long MaxTotalBytes { get; init; } = 256L << 20;
}
