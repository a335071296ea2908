using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Limits;

namespace OrleansLlm.Api.Access;

/// <summary>Who calls: the key presented and the user it is accounted to.</summary>
internal static class Caller
{
    /// <summary>LiteLLM's own.</summary>
    public const string FirstHeader = "x-litellm-api-key";

    private const int MaxUserLength = 256;
    private const string Bearer = "Bearer ";

    /// <summary>
    /// The API key, wherever LiteLLM's, OpenAI's, Anthropic's, Azure's and Google's clients and browsers put it; null when there is none. LiteLLM's own header is asked
    /// first: who sends it has a token of another service in <c>Authorization</c>.
    /// </summary>
    public static string? KeyOf(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers[FirstHeader].ToString().Trim() is { Length: > 0 } litellm) return TokenOf(litellm) ?? litellm;
        var authorization = headers.Authorization.ToString();
        if (TokenOf(authorization) is { } token) return token;
        if (authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return PasswordOf(authorization[6..]);
        if (headers["x-api-key"] is { Count: > 0 } x) return x.ToString();
        if (headers["api-key"] is { Count: > 0 } azure) return azure.ToString();
        return headers["x-goog-api-key"] is { Count: > 0 } google ? google.ToString() : null;
    }

    /// <summary>
    /// The user grain's key. Of a virtual key the user it was made for, whatever the request says; else the <c>user</c> field, else a hash of
    /// the API key, else one name for all the rest.
    /// </summary>
    public static string UserOf(HttpContext context, string? userField)
    {
        var field = string.IsNullOrEmpty(userField) ? null : userField.Length <= MaxUserLength ? userField : KeyHash.Of(userField);
        if (Identity.Of(context).Rights is { } rights) return rights.UserOf(field);
        return field is null ? OwnerOf(context) : LimitScopes.UserPrefix + field;
    }

    /// <summary>Who may come back to what was begun: whoever has the same key.</summary>
    public static string OwnerOf(HttpContext context) => KeyHashOf(context) is { } hash ? LimitScopes.KeyPrefix + hash : "anonymous";

    /// <summary>Of the key that was presented, or that the browser has signed in with; null: neither.</summary>
    public static string? KeyHashOf(HttpContext context)
    {
        var identity = Identity.Of(context);
        return identity.Presented ?? (KeyOf(context) is { Length: > 0 } key ? KeyHash.Of(key) : identity.KeyHash);
    }

    /// <summary>Null: it is no bearer token.</summary>
    private static string? TokenOf(string header) =>
        header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && header.Length > Bearer.Length ? header[Bearer.Length..].Trim() : null;

    /// <summary>Browsers can only ask for a name and a password: the key is the password.</summary>
    private static string? PasswordOf(string basic)
    {
        var bytes = new byte[basic.Length];
        if (!Convert.TryFromBase64String(basic.Trim(), bytes, out var length)) return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        return pair.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? pair[(colon + 1)..] : null;
    }
}
