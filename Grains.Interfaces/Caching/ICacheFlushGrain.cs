namespace OrleansLlm.Caching;

/// <summary>When all cached answers were last thrown away (one grain, <see cref="Key"/>). Cache grains ask it at most once a second and process.</summary>
[Alias("OrleansLlm.ICacheFlushGrain")]
public interface ICacheFlushGrain : IGrainWithStringKey
{
    const string Key = "all";

    /// <summary>What was stored until now is not given to anybody any more; within a second everywhere.</summary>
    [ResponseTimeout("00:00:05")]
    [Alias("Flush")]
    Task FlushAsync();

    /// <returns><see cref="DateTimeOffset.MinValue"/>: never.</returns>
    [ResponseTimeout("00:00:02")]
    [Alias("LastFlush")]
    Task<DateTimeOffset> GetLastAsync();
}
