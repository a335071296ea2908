using OrleansLlm.Inference;

namespace OrleansLlm.Telemetry;

/// <summary>The words of OpenTelemetry's GenAI conventions for what we have.</summary>
public static class GenAi
{
    public static string Operation(InferenceKind kind) => kind switch
    {
        InferenceKind.Completion => "text_completion",
        InferenceKind.Embedding => "embeddings",
        _ => "chat",
    };

    /// <summary>A dialect is named after its maker, as the conventions name them, but for one.</summary>
    public static string? Provider(string? dialect) => dialect == "gemini" ? "gcp.gemini" : dialect;
}
