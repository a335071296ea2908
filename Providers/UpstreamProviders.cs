using System.Collections.Frozen;

namespace OrleansLlm.Providers;

/// <summary>The provider names that <see cref="IUpstream"/> understands, with the address each has by default.</summary>
public static class UpstreamProviders
{
    private static readonly FrozenDictionary<string, Uri> DefaultBases = new Dictionary<string, Uri>
    {
        ["ollama"] = new("http://localhost:11434"),
        ["ollama_chat"] = new("http://localhost:11434"),
        ["openai"] = new("https://api.openai.com/v1"),
    }.ToFrozenDictionary();

    /// <summary>In alphabetical order.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. DefaultBases.Keys.Order(StringComparer.Ordinal)];

    public static bool IsKnown(string provider) => DefaultBases.ContainsKey(provider);

    /// <exception cref="ArgumentException">The provider is unknown.</exception>
    public static Uri DefaultBase(string provider) => DefaultBases.TryGetValue(provider, out var known)
        ? known
        : throw new ArgumentException($"Unknown provider '{provider}'. Known: {string.Join(", ", Known)}.", nameof(provider));
}
