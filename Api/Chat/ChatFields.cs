using System.Collections.Immutable;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Chat;

/// <summary>The few fields of a chat request that the gateway itself acts on.</summary>
internal sealed record ChatFields
{
    /// <summary>Null: the configured default.</summary>
    public string? Model { get; set; }

    public bool Stream { get; set; }

    public bool IncludeUsage { get; set; }

    public string? User { get; set; }

    public bool DisableFallbacks { get; set; }

    /// <summary>Seconds.</summary>
    public double? Timeout { get; set; }

    public int? Retries { get; set; }

    /// <summary>Seconds to the first token.</summary>
    public double? StreamTimeout { get; set; }

    public int? MaxFallbacks { get; set; }

    public ImmutableArray<FallbackTarget> Fallbacks { get; set; } = [];
}
