namespace OrleansLlm.Api.Anthropic;

/// <summary>How much of what Anthropic has words for, and OpenAI has not, means something to who serves the model.</summary>
internal enum AnthropicWords
{
    None,

    /// <summary>Claude at Bedrock, in Converse's words: up to where a prompt is cached (an agent's bill depends on it), and signed thoughts.</summary>
    CachingAndThoughts,

    /// <summary>Claude in Anthropic's words.</summary>
    All,
}
