namespace OrleansLlm.Catalog;

/// <summary>Which certificates are taken from a deployment's server (<c>ssl_verify</c>).</summary>
public sealed record ServerTrust
{
    /// <summary>Those that lead to a root of the system: the default.</summary>
    public static ServerTrust OfTheSystem { get; } = new();

    /// <summary>Any: whoever sits between here and the server reads the key and the prompts.</summary>
    public static ServerTrust Anybody { get; } = new() { Checks = false };

    public bool Checks { get; init; } = true;

    /// <summary>The only roots that count, as PEM; null: the system's.</summary>
    public string? Roots { get; init; }

    /// <summary>Tells them from other roots.</summary>
    public string? RootsHash { get; init; }
}
