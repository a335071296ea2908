namespace OrleansLlm.Providers;

/// <summary>How a call failed.</summary>
public enum FailureKind
{
    /// <summary>No connection: refused, unreachable, unknown host, TLS.</summary>
    ConnectFailed,
    ConnectTimeout,
    FirstTokenTimeout,

    /// <summary>Silence between two chunks.</summary>
    StallTimeout,
    TotalTimeout,

    /// <summary>A status other than 2xx; also a request that the dialect cannot express (status 400, before anything was sent).</summary>
    Status,

    /// <summary>The provider has no such operation (status 501); nothing was sent.</summary>
    NotOffered,

    /// <summary>2xx, but neither a stream nor JSON.</summary>
    BadContentType,

    /// <summary>A line, an event or a body that is larger than its bound.</summary>
    LineTooLong,

    /// <summary>Not JSON, not UTF-8, or not what the dialect says.</summary>
    Garbled,

    /// <summary>The body ended properly without an end of the answer.</summary>
    Truncated,

    /// <summary>The connection broke.</summary>
    ConnectionLost,

    /// <summary>The upstream reported an error inside a 200 response.</summary>
    ErrorEvent,

    /// <summary>The gathered answer is over its limit.</summary>
    TooLarge,
}

/// <summary>A failed call as a value. No field ever holds an API key.</summary>
public sealed record UpstreamFailure
{
    public required FailureKind Kind { get; init; }

    /// <summary>The upstream's own message where it gave one. Services repeat in it what they were asked: it is for the one whose request this was, and for nobody else.</summary>
    public required string Message { get; init; }

    /// <summary>The message is the gateway's own, of fields and never of what they hold, or about what no client has sent, whatever the kind says.</summary>
    public bool IsOwnWords { get; init; }

    /// <summary>It failed before anything was sent: nothing is known of the service.</summary>
    public bool NothingSent { get; init; }

    /// <summary>What everybody may read of it, in the log, on <c>/health</c> and in the errors of other requests: class and status, never a service's own sentences.</summary>
    public string Summary => IsOwnWords ? Message : Kind switch
    {
        FailureKind.Status => $"The upstream answered with status {Status}{Named()}.",
        FailureKind.ErrorEvent => $"The upstream reported an error within its answer{(Status is { } status ? $", status {status}" : "")}{Named()}.",
        FailureKind.BadContentType => "The upstream answered with something that is neither a stream nor JSON.",
        _ => Message,
    };

    /// <summary>HTTP status of the response, or the one inside an error event.</summary>
    public int? Status { get; init; }

    /// <summary>The upstream's error type, e.g. rate_limit_error.</summary>
    public string? Type { get; init; }

    /// <summary>The upstream's error code; a numeric one as digits.</summary>
    public string? Code { get; init; }

    /// <summary>Google's reason behind a status of many meanings, e.g. API_KEY_INVALID.</summary>
    public string? Reason { get; init; }

    /// <summary>The request field at fault, e.g. <c>messages[2].tool_calls[0].function.arguments</c>.</summary>
    public string? Param { get; init; }

    /// <summary>The upstream's Retry-After, retry-after-ms or Gemini's retryDelay; zero if it lies in the past.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>No chunk with payload had been handed out.</summary>
    public bool BeforeFirstToken { get; init; }

    /// <summary>The request itself is at fault: a 4xx that would be the same from any service. Not 401, 403, 404, 407, 408, 409, 425 and
    /// 429, and not what is the account's fault.</summary>
    public bool CallerFault => Status is >= 400 and < 500 and not (401 or 403 or 404 or 407 or 408 or 409 or 425 or 429) && !AccountFault && !NoRoom;

    /// <summary>The gateway's account at this service is at fault, whatever the status: no money, disabled, a key or a country that is refused.</summary>
    public bool AccountFault => AccountFaults.Is(this);

    /// <summary>Type and code, where they are plain words: what has blanks in it may be a sentence.</summary>
    private string Named()
    {
        var words = new[] { Type, Code, Reason }.Where(word => IsPlainWord(word)).Distinct(StringComparer.Ordinal).ToList();
        return words.Count == 0 ? "" : $" ({string.Join(", ", words)})";
    }

    private static bool IsPlainWord(string? word) =>
        word is { Length: > 0 and <= 48 } && char.IsAsciiLetter(word[0]) && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    /// <summary>The key is refused, whatever the status.</summary>
    public bool KeyRefused => Status == 401 || AccountFaults.IsKey(this);

    /// <summary>Too large for this account's limits, or for what the service has room for now.</summary>
    public bool NoRoom => AccountFaults.IsRoom(this);

    /// <summary>Trying again, here or elsewhere, may help. After the first token that is for the caller to judge: see
    /// <see cref="BeforeFirstToken"/>.</summary>
    public bool Retryable => Kind switch
    {
        FailureKind.TooLarge or FailureKind.NotOffered => false,
        FailureKind.Status or FailureKind.ErrorEvent => Status is null or < 400 or 408 or 409 or 425 or 429 or 498 or >= 500 && !AccountFault,
        _ => true,
    };
}

/// <summary>Thrown out of <see cref="IUpstream.StreamAsync"/> and <see cref="ChatGatherer"/>.</summary>
public sealed class UpstreamException : Exception
{
    public UpstreamException(UpstreamFailure failure, Exception? inner = null) : base(failure.Message, inner) => Failure = failure;

    public UpstreamFailure Failure { get; }

    internal static UpstreamException CallerFault(string param, string message, string? code = null) => new(new UpstreamFailure
    {
        Kind = FailureKind.Status, Status = 400, Type = "invalid_request_error", Param = param, Message = message, Code = code, BeforeFirstToken = true, IsOwnWords = true, NothingSent = true,
    });

    internal static UpstreamException NotOffered(string provider, UpstreamOperation operation) => new(new UpstreamFailure
    {
        Kind = FailureKind.NotOffered, Status = 501, Type = "not_supported_error", BeforeFirstToken = true, NothingSent = true,
        Message = $"The provider {provider} has no {(operation == UpstreamOperation.Embedding ? "embeddings" : operation == UpstreamOperation.Completion ? "text completions" : "chat")}.",
    });

    internal static UpstreamException Of(FailureKind kind, string message, Exception? inner = null) =>
        new(new UpstreamFailure { Kind = kind, Message = message }, inner);
}
