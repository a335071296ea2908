namespace OrleansLlm.Inference;

/// <summary>How the ids of one request follow from its request id.</summary>
public static class InferenceIds
{
    public const string RequestPrefix = "req-";

    /// <summary>The <c>id</c> of the answer, for backends that give none.</summary>
    public static string CompletionId(string requestId) =>
        "chatcmpl-" + (requestId.StartsWith(RequestPrefix, StringComparison.Ordinal) ? requestId[RequestPrefix.Length..] : requestId);
}
