using System.Text.Json;

namespace OrleansLlm.Providers.Anthropic;

/// <summary>What a cloud that has Claude wants otherwise than Anthropic: the model stands in the address, and what else stands in headers there is a part of the body.</summary>
/// <param name="Version">The cloud's own, such as <c>vertex-2023-10-16</c>.</param>
internal sealed record CloudMessages(string Version)
{
    /// <summary>The address says that the answer is to be a stream, and the body must not.</summary>
    public bool StreamsByAddress { get; init; }

    /// <summary>For <c>anthropic_beta</c>, where the cloud reads no header.</summary>
    public IReadOnlyList<string> Betas { get; init; } = [];

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("anthropic_version", Version);
        if (Betas.Count == 0) return;
        json.WriteStartArray("anthropic_beta");
        foreach (var beta in Betas) json.WriteStringValue(beta);
        json.WriteEndArray();
    }
}
