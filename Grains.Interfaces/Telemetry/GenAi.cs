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

    /// <summary>LiteLLM's name of a provider, where the conventions have another one for it.</summary>
    public static string? Provider(string? provider) => provider switch
    {
        "ollama_chat" => "ollama",
        "gemini" => "gcp.gemini",
        "vertex_ai" => "gcp.vertex_ai",
        "azure" => "azure.ai.openai",
        "azure_ai" => "azure.ai.inference",
        "bedrock" => "aws.bedrock",
        "mistral" => "mistral_ai",
        "xai" => "x_ai",
        _ => provider,
    };
}
