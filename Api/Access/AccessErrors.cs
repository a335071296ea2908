using System.Globalization;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Access;

/// <summary>What those are told who are not let in. The sentences and types are LiteLLM's where it has them: its clients look for them.</summary>
internal static class AccessErrors
{
    private const int MostModels = 20;
    private const string InvalidKey = "invalid_api_key";

    public static ApiError NoKey { get; } = new(401, "Authentication Error, No api key passed in.", "auth_error", InvalidKey);

    /// <summary>The cookie of a session that is over.</summary>
    public static ApiError NoSession { get; } = new(401, "Authentication Error, this browser is not signed in any more.", "auth_error", "session_expired");

    /// <summary>A session's cookie came from somewhere else than the gateway's own pages.</summary>
    public static ApiError ForeignPage { get; } = new(403, "A signed-in browser may be used from the gateway's own pages only.", "auth_error", "cross_origin");

    /// <summary>The gateway is open, and a web page of somebody else's asks.</summary>
    public static ApiError ForeignSite { get; } = new(
        403, "A gateway without a master key takes no requests from the web pages of other sites: set general_settings.master_key.", "auth_error", "cross_origin");

    public static ApiError NobodyMay { get; } = new(
        403, "This gateway has no master key, and without one nobody may change it: set general_settings.master_key in its configuration file; no restart is needed.",
        "auth_error", "master_key_required");

    public static ApiError Unavailable { get; } = new(503, "The gateway cannot look up keys at the moment; trying again is safe.", "server_error", "key_lookup_failed")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    /// <param name="why">Told to administrators only, who make changes.</param>
    public static ApiError NotStored(string why) => new(503, $"The change could not be stored: {why}", "server_error", "change_not_stored")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static ApiError TooMany(TimeSpan wait) => new(
        429, "Too many failed attempts to log in from this address.", "auth_error", "too_many_failed_logins") { RetryAfter = wait };

    /// <summary>It is neither the master key nor can it be a virtual one.</summary>
    public static ApiError NotAKey(string key) => new(
        401, $"Authentication Error, LiteLLM Virtual Key expected. Received={KeyHash.Mask(key)}, expected to start with 'sk-'.", "auth_error", InvalidKey);

    public static ApiError Unknown(string key) => new(
        401,
        $"Authentication Error, Invalid proxy server token passed. Received API Key = {KeyHash.Mask(key)}. There is no such key: it was never made, or it has been deleted.",
        "token_not_found_in_db", InvalidKey);

    public static ApiError Blocked(string what) => new(401, "Authentication Error, " + what, "auth_error", "key_blocked");

    public static ApiError Expired(DateTimeOffset expires, DateTimeOffset now) => new(
        401,
        string.Create(CultureInfo.InvariantCulture, $"Authentication Error - Expired Key. Key Expiry time {expires:yyyy-MM-dd HH:mm:ssK} and current time {now:yyyy-MM-dd HH:mm:ssK}"),
        "expired_key", "key_expired");

    public static ApiError Administrators(string path) => new(
        403, $"Only the proxy admin may use this route. Route={path}. The master key is needed and a virtual key was presented.", "auth_error", "admin_only");

    public static ApiError Model(Account holder, string model)
    {
        var kind = holder.Kind.ToString().ToLowerInvariant();
        var models = string.Join(", ", holder.Models.Take(MostModels).Select(m => $"'{m}'")) + (holder.Models.Length > MostModels ? ", …" : "");
        return new ApiError(
            403, $"{kind} not allowed to access model. This {kind} can only access models=[{models}]. Tried to access {model}", $"{kind}_model_access_denied", "model_access_denied", "model");
    }
}
