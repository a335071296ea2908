using System.Buffers;
using System.Text.Json;
using OrleansLlm.Inference;
using OrleansLlm.Limits;

namespace OrleansLlm.Telemetry.Callbacks;

/// <summary>Requests as Langfuse's ingestion API has them. Ids follow from the request's: what is told twice is stored once.</summary>
internal static class LangfuseBatch
{
    private const string TraceMark = "/trace";
    private const string GenerationMark = "/generation";

    /// <summary>Of a body: Langfuse takes 3.5 MB, and captured messages may be many times that.</summary>
    private const int MostBytes = 3_000_000;

    /// <param name="reports">The first of them are written, as many as one body takes; one at the least.</param>
    /// <param name="written">How many those are.</param>
    public static byte[] Write(IEnumerable<RequestReport> reports, out int written)
    {
        var body = new ArrayBufferWriter<byte>(16 * 1024);
        var events = new ArrayBufferWriter<byte>(2 * 1024);
        using var json = new Utf8JsonWriter(events);
        body.Write("{\"batch\":["u8);
        written = 0;
        foreach (var report in reports)
        {
            events.ResetWrittenCount();
            json.Reset();
            json.WriteStartArray();
            Envelope(json, report, "trace-create", TraceMark, Trace);
            Envelope(json, report, "generation-create", GenerationMark, Generation);
            json.WriteEndArray();
            json.Flush();
            if (written > 0 && body.WrittenCount + events.WrittenCount > MostBytes) break;
            if (written > 0) body.Write(","u8);
            // Without the brackets: they are members of the batch.
            body.Write(events.WrittenSpan[1..^1]);
            written++;
        }

        body.Write("]}"u8);
        return body.WrittenSpan.ToArray();
    }

    /// <summary>The request that an event is about; null: it is none of ours.</summary>
    public static string? RequestOf(string? eventId) => eventId?.LastIndexOf('/') is > 0 and var slash ? eventId[..slash] : null;

    private static void Envelope(Utf8JsonWriter json, RequestReport report, string type, string mark, Action<Utf8JsonWriter, RequestReport> body)
    {
        json.WriteStartObject();
        json.WriteString("id", report.Row.RequestId + mark);
        json.WriteString("type", type);
        json.WriteString("timestamp", End(report));
        json.WriteStartObject("body");
        body(json, report);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Trace(Utf8JsonWriter json, RequestReport report)
    {
        json.WriteString("id", TraceId(report));
        json.WriteString("timestamp", report.Row.Time.UtcDateTime);
        json.WriteString("name", report.Trace?.Name ?? "orleansllm-" + GenAi.Operation(report.Kind));
        if ((report.Trace?.User ?? UserOf(report.Row.UserId)) is { } user) json.WriteString("userId", user);
        if (report.Trace?.Session is { } session) json.WriteString("sessionId", session);
        if (report.Trace is { Tags: { IsEmpty: false } tags })
        {
            json.WriteStartArray("tags");
            foreach (var tag in tags) json.WriteStringValue(tag);
            json.WriteEndArray();
        }

        Content(json, report);
        json.WriteStartObject("metadata");
        json.WriteString("request_id", report.Row.RequestId);
        if (report.Row.TeamId is { } team) json.WriteString("team", team);
        if (report.Row.KeyHash is { } key) json.WriteString("hashed_api_key", key);
        if (report.Row.KeyAlias is { } alias) json.WriteString("api_key_alias", alias);
        json.WriteEndObject();
    }

    private static void Generation(Utf8JsonWriter json, RequestReport report)
    {
        var row = report.Row;
        json.WriteString("id", report.SpanId ?? row.RequestId + GenerationMark);
        json.WriteString("traceId", TraceId(report));
        json.WriteString("name", report.Trace?.Generation ?? GenAi.Operation(report.Kind));
        json.WriteString("startTime", row.Time.UtcDateTime);
        json.WriteString("endTime", End(report));
        if (row.FirstTokenMs is { } first) json.WriteString("completionStartTime", row.Time.AddMilliseconds(row.QueueMs + first).UtcDateTime);
        json.WriteString("model", row.UpstreamModel ?? row.Model);
        Content(json, report);
        json.WriteStartObject("usageDetails");
        json.WriteNumber("input", row.PromptTokens);
        json.WriteNumber("output", row.CompletionTokens);
        json.WriteNumber("total", row.PromptTokens + row.CompletionTokens);
        json.WriteEndObject();
        if (row.Cost is { } cost)
        {
            json.WriteStartObject("costDetails");
            json.WriteNumber("total", cost);
            json.WriteEndObject();
        }

        json.WriteString("level", report.IsSuccess ? "DEFAULT" : report.Failure == FailureKind.Cancelled ? "WARNING" : "ERROR");
        if (report.Error is { } error) json.WriteString("statusMessage", error);
        json.WriteStartObject("metadata");
        json.WriteString("model_group", row.ModelGroup ?? row.Model);
        json.WriteString("requested_model", row.Model);
        json.WriteString("status", row.Status);
        json.WriteNumber("queue_ms", row.QueueMs);
        json.WriteNumber("retries", row.Retries);
        json.WriteNumber("fallbacks", row.Fallbacks);
        json.WriteBoolean("stream", row.Stream);
        json.WriteBoolean("cache_hit", row.CacheHit);
        json.WriteBoolean("estimated", row.Estimated);
        json.WriteEndObject();
    }

    /// <summary>Only where the operator has switched it on.</summary>
    private static void Content(Utf8JsonWriter json, RequestReport report)
    {
        if (report.Input is { } input)
        {
            json.WritePropertyName("input");
            json.WriteRawValue(input);
        }

        if (report.Output is { } output) json.WriteString("output", output);
    }

    /// <returns>As people know it; null: a key without a user is nobody, and is told as a key.</returns>
    private static string? UserOf(string scope) => LimitScopes.UserOf(scope) ?? (scope.StartsWith(LimitScopes.KeyPrefix, StringComparison.Ordinal) ? null : scope);

    private static string TraceId(RequestReport report) => report.TraceId ?? report.Row.RequestId;

    private static DateTime End(RequestReport report) => report.Row.Time.AddMilliseconds(report.Row.LatencyMs).UtcDateTime;
}
