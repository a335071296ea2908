using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansLlm.Providers.Http;

/// <summary>
/// Makes one failure of the many shapes that services put errors in: OpenAI's object, llama-server's numeric code, Ollama's plain string,
/// Gemini's nested status (also inside an array), FastAPI's detail, FastChat's text with an error_code, HTML pages.
/// </summary>
internal static partial class UpstreamErrors
{
    public const int MaxBody = 64 * 1024;
    private const int MaxMessage = 2000;
    private const int MinSecret = 8;

    /// <summary>An error response.</summary>
    public static UpstreamFailure FromResponse(int status, ReadOnlyMemory<byte> body, TimeSpan? retryAfter, UpstreamRequest request)
    {
        var failure = new UpstreamFailure { Kind = FailureKind.Status, Status = status, Message = "", RetryAfter = retryAfter };
        failure = Read(failure, body);

        if (failure.Message.Length == 0) failure = failure with { Message = $"The upstream answered with status {status}." };
        return Clean(failure, request) with { Status = status };
    }

    /// <summary>An error inside a 200 response.</summary>
    public static UpstreamException FromEvent(ReadOnlySpan<byte> frame, UpstreamRequest request)
    {
        var failure = new UpstreamFailure { Kind = FailureKind.ErrorEvent, Message = "" };
        failure = Read(failure, frame.ToArray());

        if (failure.Message.Length == 0) failure = failure with { Message = "The upstream reported an error without a message." };
        if (failure.Status is null && int.TryParse(failure.Code, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 400 and < 600)
            failure = failure with { Status = code };
        failure = failure with { Status = failure.Status ?? StatusOf(failure.Type) ?? StatusOfCode(failure.Code) };
        return new UpstreamException(Clean(failure, request));
    }

    /// <summary>The status that a type of error has outside of a stream: Anthropic's table of errors, and Google's canonical codes.</summary>
    private static int? StatusOf(string? type) => type switch
    {
        "invalid_request_error" or "INVALID_ARGUMENT" or "FAILED_PRECONDITION" => 400,
        "authentication_error" or "UNAUTHENTICATED" => 401,
        "billing_error" => 402,
        "permission_error" or "PERMISSION_DENIED" => 403,
        "not_found_error" or "NOT_FOUND" => 404,
        "request_too_large" => 413,
        "rate_limit_error" or "RESOURCE_EXHAUSTED" => 429,
        "api_error" or "INTERNAL" => 500,
        "UNAVAILABLE" => 503,
        "timeout_error" or "DEADLINE_EXCEEDED" => 504,
        "overloaded_error" => 529,
        _ => null,
    };

    /// <summary>Likewise for errors that have a code and no type that says it: those of OpenAI's Responses API.</summary>
    private static int? StatusOfCode(string? code) => code switch
    {
        "invalid_prompt" or "context_length_exceeded" => 400,
        "rate_limit_exceeded" => 429,
        "server_error" => 500,
        "vector_store_timeout" => 504,
        { } picture when picture.Contains("image", StringComparison.Ordinal) => 400,
        _ => null,
    };

    /// <summary>Takes secrets out of a text and bounds its length.</summary>
    public static string Clean(string text, UpstreamRequest request)
    {
        text = Without(text, request.ApiKey);
        // AWS repeats what it wanted to be signed, with the token in it.
        if (request.Account.Aws is { } aws) text = Without(Without(Without(text, aws.SessionToken), aws.SecretAccessKey), aws.AccessKeyId);
        foreach (var value in request.Headers.Values) text = Without(text, value);
        foreach (var value in InQuery(request.ApiBase)) text = Without(text, value);
        return text.Length <= MaxMessage ? text : text[..MaxMessage] + "…";
    }

    private static UpstreamFailure Clean(UpstreamFailure failure, UpstreamRequest request) => failure with
    {
        Message = Clean(failure.Message, request),
        Type = failure.Type is null ? null : Clean(failure.Type, request),
        Code = failure.Code is null ? null : Clean(failure.Code, request),
        Reason = failure.Reason is null ? null : Clean(failure.Reason, request),
        Param = failure.Param is null ? null : Clean(failure.Param, request),
    };

    /// <summary>What the query of an address says: some services want their key there. An api-version is none.</summary>
    private static IEnumerable<string> InQuery(Uri? address) => address is null or { Query.Length: < 2 } ? [] : address.Query[1..].Split('&')
        .Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2 && pair[0] != "api-version")
        .SelectMany(pair => new[] { pair[1], Uri.UnescapeDataString(pair[1]) });

    private static string Without(string text, string? secret)
    {
        if (secret is null || secret.Length < MinSecret) return text;
        text = text.Replace(secret, "***", StringComparison.Ordinal);
        var space = secret.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 || secret.Length - space - 1 < MinSecret ? text : text.Replace(secret[(space + 1)..], "***", StringComparison.Ordinal);
    }

    private static UpstreamFailure Read(UpstreamFailure failure, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array) return Read(failure, document.RootElement);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // No JSON, or JSON with half a character in it.
        }

        return failure with { Message = PlainText(body.Span) };
    }

    private static UpstreamFailure Read(UpstreamFailure failure, JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array) root = root.GetArrayLength() > 0 ? root[0] : default;
        if (root.ValueKind != JsonValueKind.Object) return failure with { Message = root.ValueKind == JsonValueKind.Undefined ? "" : root.ToString() };
        var error = root.TryGetProperty("error", out var named) && named.ValueKind is not (JsonValueKind.Null or JsonValueKind.False) ? named : root;
        if (error.ValueKind == JsonValueKind.String) return failure with { Message = error.GetString()! };
        if (error.ValueKind != JsonValueKind.Object) return failure with { Message = error.ToString() };
        var message = Text(error, "message") ?? Text(error, "Message") ?? Text(error, "detail") ?? Text(root, "message") ?? Text(root, "detail") ?? (root.TryGetProperty("error_code", out _) ? Text(root, "text") : null);
        var status = Text(error, "status");
        return failure with
        {
            Message = message ?? error.ToString(),
            // In an event that is the error itself the type is that of the event.
            Type = (Text(error, "type") is { } type && type != "error" ? type : null) ?? (status?.Any(char.IsLetter) == true ? status : null),
            Code = Text(error, "code") ?? Text(error, "error_code"),
            Param = Text(error, "param"),
            Reason = Detail(error, "reason"),
            RetryAfter = failure.RetryAfter ?? RetryDelay(error),
        };
    }

    /// <summary>Gemini: details[{"@type": "…RetryInfo", "retryDelay": "34.4s"}].</summary>
    private static TimeSpan? RetryDelay(JsonElement error)
    {
        return Detail(error, "retryDelay") is { } delay && delay.EndsWith('s')
            && double.TryParse(delay.AsSpan(..^1), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && double.IsFinite(seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 365.0 * 24 * 60 * 60)) : null;
    }

    /// <summary>The first of Google's details that has such a field.</summary>
    private static string? Detail(JsonElement error, string name)
    {
        if (!error.TryGetProperty("details", out var details) || details.ValueKind != JsonValueKind.Array) return null;
        foreach (var detail in details.EnumerateArray())
        {
            if (detail.ValueKind == JsonValueKind.Object && Text(detail, name) is { } text) return text;
        }

        return null;
    }

    private static string? Text(JsonElement from, string name) => !from.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => SafeString(value),
        JsonValueKind.Number or JsonValueKind.Array or JsonValueKind.Object => value.GetRawText(),
        _ => null,
    };

    private static string SafeString(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }

    private static string PlainText(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, 4 * MaxMessage)]);
        return Blanks().Replace(Tags().Replace(text, " "), " ").Trim();
    }

    [GeneratedRegex("<(script|style)[^>]*>.*?</\\1>|<[^>]*>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Tags();

    [GeneratedRegex("[\\s\\p{C}]+")]
    private static partial Regex Blanks();
}
