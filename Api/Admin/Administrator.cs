using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;

namespace OrleansLlm.Api.Admin;

/// <summary>Who asks for a change, for the log.</summary>
internal static class Administrator
{
    /// <summary>So much of a key may be shown that two can be told apart, and no more than a quarter of it.</summary>
    private const int ShownCharacters = 4;

    public static string NameOf(HttpContext context) => Caller.KeyOf(context) is { Length: > 0 } key ? Mask(key) : "open";

    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    internal static string Mask(string key) => key.Length >= ShownCharacters * 4 ? "sk-..." + key[^ShownCharacters..] : "sk-...";
}
