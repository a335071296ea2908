namespace OrleansLlm.Providers;

/// <summary>What is asked of a model. The body is OpenAI's request of the same name.</summary>
public enum UpstreamOperation
{
    /// <summary><c>/chat/completions</c>: chunks of <c>chat.completion.chunk</c>.</summary>
    Chat,

    /// <summary><c>/completions</c>: chunks of <c>text_completion</c>.</summary>
    Completion,

    /// <summary><c>/embeddings</c>: one chunk, the whole <c>list</c> of embeddings with its usage.</summary>
    Embedding,
}
