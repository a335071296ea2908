namespace OrleansLlm.Inference;

/// <summary>How the ids of one request follow from its request id.</summary>
public static class InferenceIds
{
    public const string RequestPrefix = "req-";

    private const char AttemptMark = '~';

    /// <summary>The inference grain's key for the nth try at a request: the request id, with a mark from the second on.</summary>
    public static string Attempt(string requestId, int attempt) => attempt == 1 ? requestId : $"{requestId}{AttemptMark}{attempt}";

    /// <summary>The request id that an inference grain's key belongs to: what is counted and admitted once.</summary>
    public static string RequestOf(string inference) => inference.IndexOf(AttemptMark, StringComparison.Ordinal) is >= 0 and var mark ? inference[..mark] : inference;

    /// <summary>The <c>id</c> of the answer, for backends that give none.</summary>
    public static string CompletionId(string requestId) =>
        "chatcmpl-" + (requestId.StartsWith(RequestPrefix, StringComparison.Ordinal) ? requestId[RequestPrefix.Length..] : requestId);
}
