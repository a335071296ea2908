using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;

namespace OrleansLlm.Api.Admin;

/// <summary>Who asks for a change, for the log.</summary>
internal static class Administrator
{
    public static string NameOf(HttpContext context) => Caller.KeyOf(context) is { Length: > 0 } key ? KeyHash.Mask(key) : Identity.Of(context).Mask ?? "open";
}
