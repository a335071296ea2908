using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Google;

/// <summary>
/// Google's form of an error, <c>{"error":{"code":404,"message":"text","status":"NOT_FOUND"}}</c>. Its clients have no door here. Without this form they
/// show the status alone, and not where else to ask.
/// </summary>
internal sealed class GoogleErrors : IErrorForm
{
    /// <summary>The versions of its API that its clients ask under.</summary>
    private static readonly PathString[] Roots = ["/v1beta", "/v1alpha"];

    public static GoogleErrors Instance { get; } = new();

    public static bool IsFor(HttpContext context) => Roots.Any(root => context.Request.Path.StartsWithSegments(root, StringComparison.OrdinalIgnoreCase));

    public int StatusOf(ApiError error) => error.Status;

    public ReadOnlyMemory<byte> ToJson(ApiError error, HttpContext context) => JsonBuffer.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", error.Status);
        json.WriteString("message", error.Message);
        json.WriteString("status", NameOf(error.Status));
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static string NameOf(int status) => status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        >= 500 => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
}
