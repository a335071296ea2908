using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Streams;

/// <summary><c>x-resumable</c>: the answer is kept for a while, and resumed at <c>/v1/streams/{x-stream-id}</c>.</summary>
internal static class ResumableHeader
{
    private const string Name = "x-resumable";

    /// <returns>
    /// Who may resume the answer; null when nobody. It is the caller's key and not the <c>user</c> field of the body, which anyone may write.
    /// </returns>
    public static string? Read(HttpContext context, bool stream)
    {
        var text = context.Request.Headers[Name].ToString();
        if (text.Length == 0) return null;
        if (!bool.TryParse(text, out var wanted)) throw Invalid("expected true or false.");
        if (!wanted) return null;
        return stream ? Caller.OwnerOf(context) : throw Invalid("only an answer with \"stream\": true can be resumed.");
    }

    private static RequestException Invalid(string problem) => new(ApiError.BadRequest($"Invalid header '{Name}': {problem}", Name, "invalid_header"));
}
