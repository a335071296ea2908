
namespace OrleansLlm.Inference;

/// <summary>One entry of the body's <c>fallbacks</c>.</summary>
/// <param name="Model">The public model name.</param>
/// <param name="Overrides">A JSON object whose fields replace those of the body, such as <c>messages</c>; empty: the body as it is.</param>
[GenerateSerializer, Immutable, Alias("OrleansLlm.FallbackTarget")]
public sealed record FallbackTarget(
    [property: Id(0)] string Model,
    [property: Id(1)] ReadOnlyMemory<byte> Overrides = default);
