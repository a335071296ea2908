using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Telemetry.Callbacks;

/// <summary>One failure as an envelope: a line about the envelope, a line about its item, and the event. Classes and numbers, never anybody's words.</summary>
internal static class SentryEnvelope
{
    public static byte[] Write(RequestReport report, SentryOptions options, DateTimeOffset now)
    {
        var id = EventId(report.Row.RequestId);
        var item = Json(json => Event(json, report, options, id));
        var head = Json(json =>
        {
            json.WriteString("event_id", id);
            json.WriteString("sent_at", now.UtcDateTime);
        });
        var about = Json(json =>
        {
            json.WriteString("type", "event");
            json.WriteString("content_type", "application/json");
            json.WriteNumber("length", item.Length);
        });
        return [.. head, (byte)'\n', .. about, (byte)'\n', .. item, (byte)'\n'];
    }

    /// <summary>32 hexadecimal digits, the same for the same request: it is stored once however often it is told.</summary>
    internal static string EventId(string requestId) =>
        requestId.StartsWith(InferenceIds.RequestPrefix, StringComparison.Ordinal) && requestId.Length == InferenceIds.RequestPrefix.Length + 32
            ? requestId[InferenceIds.RequestPrefix.Length..]
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(requestId)))[..32];

    private static void Event(Utf8JsonWriter json, RequestReport report, SentryOptions options, string id)
    {
        var row = report.Row;
        var failure = report.Failure?.ToString() ?? "";
        json.WriteString("event_id", id);
        json.WriteNumber("timestamp", row.Time.AddMilliseconds(row.LatencyMs).ToUnixTimeMilliseconds() / 1000.0);
        json.WriteString("platform", "csharp");
        json.WriteString("level", "error");
        json.WriteString("logger", "OrleansLlm.Requests");
        json.WriteString("environment", options.Environment);
        json.WriteString("release", "orleansllm@" + CallbackHttp.Version);
        json.WriteStartObject("exception");
        json.WriteStartArray("values");
        json.WriteStartObject();
        json.WriteString("type", failure);
        json.WriteString("value", $"{report.Error}: model {row.Model}{(row.Backend is null ? "" : " at " + row.Backend)}");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        // One issue for each kind of failure of each model.
        json.WriteStartArray("fingerprint");
        json.WriteStringValue(failure);
        json.WriteStringValue(row.Model);
        json.WriteEndArray();
        json.WriteStartObject("tags");
        foreach (var (name, value) in Tags(report))
        {
            if (!string.IsNullOrEmpty(value)) json.WriteString(name, value.Length <= 200 ? value : value[..200]);
        }

        json.WriteEndObject();
        json.WriteStartObject("extra");
        json.WriteNumber("latency_ms", row.LatencyMs);
        json.WriteNumber("queue_ms", row.QueueMs);
        json.WriteNumber("retries", row.Retries);
        json.WriteNumber("fallbacks", row.Fallbacks);
        json.WriteBoolean("stream", row.Stream);
        json.WriteEndObject();
        if (report is not { TraceId: { } trace, SpanId: { } span }) return;
        json.WriteStartObject("contexts");
        json.WriteStartObject("trace");
        json.WriteString("trace_id", trace);
        json.WriteString("span_id", span);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static (string Name, string? Value)[] Tags(RequestReport report) =>
    [
        ("request_id", report.Row.RequestId), ("status", report.Row.Status), ("model", report.Row.Model), ("model_group", report.Row.ModelGroup),
        ("upstream_model", report.Row.UpstreamModel), ("backend", report.Row.Backend), ("provider", report.Provider), ("team", report.Row.TeamId),
        ("upstream_status", report.UpstreamStatus?.ToString(CultureInfo.InvariantCulture)),
    ];

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
