namespace OrleansLlm.Inference;

/// <summary>Which of OpenAI's requests the body is, whatever door it came through. Numbers are on the wire: append only.</summary>
[GenerateSerializer, Alias("OrleansLlm.InferenceKind")]
public enum InferenceKind
{
    /// <summary><c>/v1/chat/completions</c>.</summary>
    Chat,

    /// <summary><c>/v1/completions</c>.</summary>
    Completion,

    /// <summary><c>/v1/embeddings</c>; never a stream.</summary>
    Embedding,
}
