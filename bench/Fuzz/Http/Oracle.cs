using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansLlm.Bench.Fuzz.Http;

/// <summary>What must hold of every answer, whatever was asked and whatever the upstream has said.</summary>
internal static partial class Oracle
{
    /// <summary>A 400 of the body as a whole has no field to name.</summary>
    private static readonly string[] OfTheWhole = ["invalid_json", "invalid_utf8", "nested_too_deep", "not_found", "already_exists", "invalid_entry"];

    /// <summary>Refusals for want of something that the client asked for itself: little time, a backend that is drained or gone.</summary>
    private static readonly string[] OwnRefusals = ["queue_timeout", "no_deployments_available", "backend_draining", "upstream_timeout", "upstream_unreachable", "lease_lost"];

    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Check(HttpCase asked, RawAnswer? answer)
    {
        if (asked.LeaveAfter is not null) return null;
        if (answer is null) return "no answer: the connection was closed";
        if (answer.IsCut) return $"{asked.Route}: the answer was cut, status {answer.Status}";
        var text = Encoding.UTF8.GetString(answer.Body);
        if (answer.Status != 200 && text.Contains("The gateway failed", StringComparison.Ordinal)) return $"{asked.Route}: a fault of ours, status {answer.Status}";
        if (answer.Status >= 500 && Fault(asked, answer.Status, text) is { } fault) return fault;
        if (answer.Status is < 200 or > 599) return $"{asked.Route}: status {answer.Status}";
        if (asked.IsHead) return null;
        if (Wire.Check(answer.Header("Content-Type"), answer.Body) is { } garbled) return $"{asked.Route}: {garbled}, status {answer.Status}";
        if (answer.Status >= 400) return Error(asked, answer);
        return asked.Method == "POST" && answer.Status == 200 ? End(asked, answer, text) : null;
    }

    /// <summary>The status of a failing upstream may be anything; without one there is little that may fail.</summary>
    private static string? Fault(HttpCase asked, int status, string text)
    {
        if (asked.Reply is not null) return null;
        if (status == 501 || OwnRefusals.Any(code => text.Contains(code, StringComparison.Ordinal))) return null;
        // The stand-in answers with the same vectors, however many texts it gets.
        if (status == 502 && text.Contains(" embeddings for ", StringComparison.Ordinal)) return null;
        // These say no codes.
        if (status is 503 or 504 or 529 && FormOf(asked) != "openai") return null;
        return $"{asked.Route}: status {status} though the upstream is well: {Outline(text)}";
    }

    private static string? Error(HttpCase asked, RawAnswer answer)
    {
        // The server itself refuses what is no HTTP, before any of us sees it.
        if (answer.Body.Length == 0) return answer.Status is 400 or 408 or 411 or 413 or 414 or 431 or 404 or 405 or 505 && answer.Header("x-request-id") is null ? null : $"{asked.Route}: {answer.Status} without a body";
        using var json = JsonDocument.Parse(answer.Body);
        var root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("error", out var error)) return $"{asked.Route}: {answer.Status} without an error object";
        switch (FormOf(asked))
        {
            case "ollama":
                return error.ValueKind == JsonValueKind.String && error.GetString()!.Length > 0 ? null : $"{asked.Route}: not Ollama's error";
            case "anthropic":
                var isAnthropic = root.TryGetProperty("type", out var type) && type.ValueEquals("error") && root.TryGetProperty("request_id", out _) && IsText(error, "type") && IsText(error, "message");
                return isAnthropic ? null : $"{asked.Route}: not Anthropic's error";
            default:
                if (!IsText(error, "message") || !IsText(error, "type") || !error.TryGetProperty("param", out var param) || !error.TryGetProperty("code", out var code)) return $"{asked.Route}: not OpenAI's error";
                if (answer.Status != 400 || asked.Reply is not null || param.ValueKind == JsonValueKind.String || OfTheWhole.Contains(code.GetString())) return null;
                return IsOfTheWhole(error.GetProperty("message").GetString()!) ? null : $"a 400 names no field: {code.GetString()} {Outline(error.GetProperty("message").GetString()!)}";
        }
    }

    private static bool IsOfTheWhole(string message) => message.StartsWith("The request body ", StringComparison.Ordinal) || message.StartsWith("Only a response that was created ", StringComparison.Ordinal);

    /// <summary>A stream says that it is over, or what broke it off.</summary>
    private static string? End(HttpCase asked, RawAnswer answer, string text)
    {
        var type = answer.Header("Content-Type") ?? "";
        if (type.StartsWith("text/event-stream", StringComparison.Ordinal))
        {
            var last = Wire.Data(answer.Body).LastOrDefault();
            var isOver = last.Span.SequenceEqual("[DONE]"u8) || Encoding.UTF8.GetString(last.Span) is var end && (end.Contains("\"error\"", StringComparison.Ordinal) || Ends().IsMatch(end));
            return isOver ? null : $"{asked.Route}: a stream without an end";
        }

        if (!type.StartsWith("application/x-ndjson", StringComparison.Ordinal)) return null;
        var line = Encoding.UTF8.GetString(Wire.Lines(answer.Body).LastOrDefault().Span);
        return line.Contains("\"done\":true", StringComparison.Ordinal) || line.StartsWith("{\"error\":", StringComparison.Ordinal) ? null : $"{asked.Route}: lines without an end";
    }

    private static string FormOf(HttpCase asked)
    {
        if (asked.Route.StartsWith("/api/", StringComparison.Ordinal)) return "ollama";
        return asked.Route.StartsWith("/anthropic/", StringComparison.Ordinal) || asked.Route.Contains("/v1/messages", StringComparison.Ordinal) ? "anthropic" : "openai";
    }

    private static bool IsText(JsonElement error, string name) => error.ValueKind == JsonValueKind.Object && error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String;

    /// <summary>A message without what differs from case to case.</summary>
    private static string Outline(string message)
    {
        var outline = Varying().Replace(message, "…");
        return outline.Length > 120 ? outline[..120] : outline;
    }

    [GeneratedRegex("'[^']*'|\"[^\"]*\"|[0-9]+|w[0-9]+-[a-z_]+")]
    private static partial Regex Varying();

    [GeneratedRegex("\"type\":\"(message_stop|response\\.(completed|failed|incomplete|cancelled|queued|in_progress)|error)\"")]
    private static partial Regex Ends();
}
