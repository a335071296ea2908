namespace OrleansLlm.Providers;

/// <summary>What is spoken on the connection. Many providers share one.</summary>
public enum UpstreamWire
{
    /// <summary>Ollama's native API.</summary>
    Ollama,

    /// <summary>OpenAI's own, or a copy of it.</summary>
    OpenAi,

    /// <summary>OpenAI's, under an address for each deployment and with a key header of its own.</summary>
    Azure,

    /// <summary>OpenAI's Responses API, for models that have no chat completions; Azure's as well.</summary>
    Responses,

    /// <summary>Anthropic's Messages.</summary>
    Anthropic,

    /// <summary>Gemini's generateContent with an API key.</summary>
    Gemini,

    /// <summary>Gemini's generateContent in a Google Cloud project, with an access token.</summary>
    VertexAi,

    /// <summary>Anthropic's Messages in a Google Cloud project, with an access token.</summary>
    VertexClaude,

    /// <summary>OpenAI's in a Google Cloud project, with an access token: models of other makers.</summary>
    VertexOpenAi,

    /// <summary>OpenAI's at the addresses of Azure AI Foundry.</summary>
    AzureAi,

    /// <summary>The Converse API of Amazon Bedrock.</summary>
    Bedrock,
}
