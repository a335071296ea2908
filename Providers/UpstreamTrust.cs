namespace OrleansLlm.Providers;

/// <summary>Which certificates are taken from a server. By default those that lead to a root of the system.</summary>
/// <param name="Name">Tells one from another: connections are shared by those of the same name only.</param>
public sealed record UpstreamTrust(string Name)
{
    public static UpstreamTrust OfTheSystem { get; } = new("system");

    /// <summary>No certificate is checked: whoever sits between reads and answers in the server's place.</summary>
    public static UpstreamTrust Anybody { get; } = new("anybody");

    /// <summary>The only roots that count, as PEM; null: the system's.</summary>
    public string? Roots { get; init; }
}
