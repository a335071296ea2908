using System.Collections.Frozen;

namespace OrleansLlm.Providers;

/// <summary>
/// Refusals with a status of the caller's that are not the caller's fault: the gateway's own account at a service is out of money or disabled, its key is
/// no good, or it may not be used from here. Services have no common status for that. A client can make a service repeat its words in a message: so a code
/// has to be one, and a sentence has to begin the message.
/// </summary>
internal static class AccountFaults
{
    private static readonly FrozenSet<string> RefusedKeys = new[] { "API_KEY_INVALID", "API_KEY_EXPIRED" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Codes = new[]
    {
        "billing_error", "billing_not_active", "billing_hard_limit_reached", "insufficient_quota", "insufficient_balance", "insufficient_credits",
        "insufficient_user_quota", "account_deactivated", "BILLING_DISABLED", "CONSUMER_SUSPENDED", "SERVICE_DISABLED",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly string[] Sentences =
    [
        "Insufficient Balance", "Your credit balance is too low", "This organization has been disabled", "Your account is not active", "Billing hard limit has been reached",
        "API key not valid", "API key expired", "User location is not supported", "Gemini API free tier is not available",
    ];

    /// <summary>The key is refused, with a 400 where others say 401.</summary>
    public static bool IsKey(UpstreamFailure failure) => MayBe(failure) && failure.Reason is { } reason && RefusedKeys.Contains(reason);

    public static bool Is(UpstreamFailure failure) => failure.Status == 402 || (MayBe(failure) && (IsCode(failure.Code) || IsCode(failure.Type) || IsCode(failure.Reason) || IsKey(failure) || Says(failure.Message)));

    /// <summary>
    /// An account's limit that this one request is too large for (Groq's 413, while its 429 says that the limit is used up), or a service without room (its
    /// 498): another account or service may take it.
    /// </summary>
    public static bool IsRoom(UpstreamFailure failure) => failure is { Status: 498 } or { Status: 413, Code: "rate_limit_exceeded" };

    /// <summary>Other statuses have a meaning of their own.</summary>
    private static bool MayBe(UpstreamFailure failure) => failure.Status is null or 400 or 413 or 422;

    private static bool IsCode(string? word) => word is not null && Codes.Contains(word);

    private static bool Says(string message) => Array.Exists(Sentences, sentence => message.StartsWith(sentence, StringComparison.OrdinalIgnoreCase));
}
