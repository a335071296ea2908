using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;

namespace OrleansLlm.Api.Admin;

/// <summary>The JSON object that an administrator sends.</summary>
internal static class AdminBody
{
    private const long MaxBytes = 256 << 10;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>False: the request has none, whether it says a length of nothing or, as curl does, no length at all.</summary>
    public static bool IsThere(HttpContext context) => context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    public static async Task<JsonElement> ReadAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, MaxBytes);
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Answered below: its message may quote the body, and with it a key.
        }

        throw new RequestException(ApiError.BadRequest("The request body must be a JSON object.", null, "invalid_json"));
    }

    /// <summary>Null: absent.</summary>
    public static string? Text(JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 1024 } text) return text;
        throw Wrong(name, "a text of at most 1024 characters");
    }

    public static string Needed(JsonElement body, string name) => Text(body, name) ?? throw new RequestException(ApiError.BadRequest($"{name} is missing.", name, "missing_required_parameter"));

    public static RequestException Wrong(string name, string expected) => new(ApiError.BadRequest($"{name}: expected {expected}.", name));
}
