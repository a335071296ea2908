using System.Globalization;

namespace OrleansLlm.Inference;

/// <summary>How the ids of one request follow from its request id.</summary>
public static class InferenceIds
{
    public const string RequestPrefix = "req-";

    /// <summary>128 bits in hexadecimal: the time of the request and 80 random ones.</summary>
    private const int RequestDigits = 32;

    private const char AttemptMark = '~';

    /// <summary>The inference grain's key for the nth try at a request: the request id, with a mark from the second on.</summary>
    public static string Attempt(string requestId, int attempt) => attempt == 1 ? requestId : $"{requestId}{AttemptMark}{attempt}";

    /// <summary>The request id that an inference grain's key belongs to: what is counted and admitted once.</summary>
    public static string RequestOf(string inference) => inference.IndexOf(AttemptMark, StringComparison.Ordinal) is >= 0 and var mark ? inference[..mark] : inference;

    /// <summary>The request that a lease is asked for: of its tries, attempts (<c>#2</c>) and waits (<c>+1</c>) each has leases of its own.</summary>
    public static string RequestOfLease(string lease) => lease.AsSpan().IndexOfAny(AttemptMark, '#', '+') is >= 0 and var mark ? lease[..mark] : lease;

    /// <summary>The inference ids of the tries before this one; none for the first, and for a lease id that is not an inference's.</summary>
    public static IEnumerable<string> EarlierAttempts(string inference)
    {
        var request = RequestOf(inference);
        if (inference.Length - request.Length < 2 || !int.TryParse(inference.AsSpan(request.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)) return [];
        return Enumerable.Range(1, Math.Max(0, attempt - 1)).Select(earlier => Attempt(request, earlier));
    }

    /// <summary>Whether an inference grain could have this key: a request id of ours, with or without the mark of a later attempt.</summary>
    public static bool IsInference(string id)
    {
        if (!id.StartsWith(RequestPrefix, StringComparison.Ordinal)) return false;
        var request = RequestOf(id);
        var attempt = id.AsSpan(request.Length);
        return request.Length == RequestPrefix.Length + RequestDigits
            && request.AsSpan(RequestPrefix.Length).IndexOfAnyExcept("0123456789abcdef") < 0
            && (attempt.Length == 0 || (attempt.Length == 2 && attempt[1] is >= '2' and <= '9'));
    }

    /// <summary>The <c>id</c> of the answer, for backends that give none.</summary>
    public static string CompletionId(string requestId, InferenceKind kind) =>
        (kind == InferenceKind.Completion ? "cmpl-" : "chatcmpl-") + (requestId.StartsWith(RequestPrefix, StringComparison.Ordinal) ? requestId[RequestPrefix.Length..] : requestId);
}
