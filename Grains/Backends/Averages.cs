namespace OrleansLlm.Grains.Backends;

/// <summary>Exponential averages of what a backend's inferences cost; the newest counts a fifth.</summary>
internal sealed class Averages
{
    private const double Weight = 0.2;

    public TimeSpan? TimeToFirstToken { get; private set; }

    /// <summary>How long a slot is held by an inference that ran to its end.</summary>
    public TimeSpan? Service { get; private set; }

    public double? TokensPerSecond { get; private set; }

    public void Add(TimeSpan service, TimeSpan? firstToken, int completionTokens)
    {
        Service = Mix(Service, service);
        if (firstToken is { } first) TimeToFirstToken = Mix(TimeToFirstToken, first);
        if (completionTokens > 0 && service > TimeSpan.Zero)
        {
            var rate = completionTokens / service.TotalSeconds;
            TokensPerSecond = TokensPerSecond is { } old ? old + Weight * (rate - old) : rate;
        }
    }

    private static TimeSpan Mix(TimeSpan? old, TimeSpan value) => old is { } before ? before + Weight * (value - before) : value;
}
