using OrleansLlm.Catalog;

namespace OrleansLlm.Inference;

/// <summary>One entry of the body's <c>fallbacks</c>, <c>context_window_fallbacks</c> or <c>content_policy_fallbacks</c>.</summary>
/// <param name="Model">The public model name.</param>
/// <param name="Overrides">A JSON object whose fields replace those of the body, such as <c>messages</c>; empty: the body as it is.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.FallbackTarget")]
public sealed record FallbackTarget(
    [property: Id(0)] string Model,
    [property: Id(1)] ReadOnlyMemory<byte> Overrides = default)
{
    /// <summary>For which failures.</summary>
    [Id(60)] public FallbackKind Kind { get; init; }

    /// <summary>The group in whose place it is tried, as in the configuration's form <c>{group: [model]}</c>; null: that which the request asks for.</summary>
    [Id(61)] public string? Group { get; init; }
}
