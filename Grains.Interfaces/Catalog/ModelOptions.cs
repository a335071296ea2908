namespace OrleansLlm.Catalog;

/// <summary><c>gateway_settings.models.&lt;name&gt;</c>: what a model group opts in to.</summary>
public sealed record ModelOptions
{
    /// <summary>Ask a second candidate when the first token is later than the model's own 95th percentile. Default false.</summary>
    public bool Hedge { get; init; }

    /// <summary>What counts as late while fewer than 20 first tokens are known; null: nothing does.</summary>
    public TimeSpan? HedgeAfter { get; init; }

    /// <summary>When a backend fails in the middle of a streamed answer, another one goes on with it. Default false.</summary>
    public bool ContinueOnFailure { get; init; }

    public static ModelOptions Default { get; } = new();
}
