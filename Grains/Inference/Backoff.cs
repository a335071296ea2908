namespace OrleansLlm.Grains.Inference;

/// <summary>
/// How long to wait before the same deployments are tried again: what the upstream asked for if that is bearable, else 0.5 s doubled
/// with each retry up to 8 s, up to a quarter less by chance (LiteLLM's and the OpenAI clients' rule).
/// </summary>
internal sealed class Backoff(Chance chance)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LongestAskedFor = TimeSpan.FromSeconds(60);

    public TimeSpan After(int retries, TimeSpan? retryAfter)
    {
        if (retryAfter is { } asked && asked > TimeSpan.Zero && asked <= LongestAskedFor) return asked;
        var wait = TimeSpan.FromSeconds(0.5 * Math.Pow(2, Math.Min(retries, 10)));
        return (wait < Longest ? wait : Longest) * (1 - 0.25 * chance.NextDouble());
    }
}
