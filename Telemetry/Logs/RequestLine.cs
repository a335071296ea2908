using System.Globalization;
using System.Text.Json;
using OrleansLlm.Inference;

namespace OrleansLlm.Telemetry.Logs;

/// <summary>One request in one line. docs/observability.md lists the fields, and a test holds it to that.</summary>
internal static class RequestLine
{
    public static string Readable(RequestReport report)
    {
        var row = report.Row;
        var served = row.UpstreamModel is null ? "" : $" by {row.UpstreamModel} at {row.Backend}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{row.RequestId} {row.Model}{served}: {report.Error ?? row.Status}, {row.PromptTokens}+{row.CompletionTokens} tokens, {row.LatencyMs:F0} ms, {row.QueueMs:F0} in the queue");
    }

    public static void WriteJson(Utf8JsonWriter json, RequestReport report, string level)
    {
        var row = report.Row;
        json.WriteStartObject();
        json.WriteString("timestamp"u8, row.Time.AddMilliseconds(row.LatencyMs).UtcDateTime);
        json.WriteString("level"u8, level);
        json.WriteString("service"u8, "orleansllm"u8);
        json.WriteString("action"u8, report.Kind == InferenceKind.Embedding ? "embedding"u8 : "completion"u8);
        json.WriteString("model"u8, row.Model);
        json.WriteStartObject("tokens"u8);
        json.WriteNumber("prompt"u8, row.PromptTokens);
        json.WriteNumber("completion"u8, row.CompletionTokens);
        json.WriteNumber("total"u8, row.PromptTokens + row.CompletionTokens);
        json.WriteEndObject();
        json.WriteNumber("latency_ms"u8, Math.Round(row.LatencyMs, 3));
        json.WriteBoolean("success"u8, report.IsSuccess);
        if (report.Error is { } error) json.WriteString("error"u8, error);
        json.WriteString("request_id"u8, row.RequestId);
        json.WriteString("status"u8, row.Status);
        WriteText(json, "model_group"u8, row.ModelGroup);
        WriteText(json, "upstream_model"u8, row.UpstreamModel);
        WriteText(json, "deployment_id"u8, row.DeploymentId);
        WriteText(json, "backend"u8, row.Backend);
        json.WriteString("user"u8, row.UserId);
        WriteText(json, "key_hash"u8, row.KeyHash);
        WriteText(json, "key_alias"u8, row.KeyAlias);
        WriteText(json, "team"u8, row.TeamId);
        if (row.Cost is { } cost) json.WriteNumber("cost"u8, cost);
        json.WriteBoolean("estimated"u8, row.Estimated);
        if (row.FirstTokenMs is { } first) json.WriteNumber("first_token_ms"u8, Math.Round(first, 3));
        json.WriteNumber("queue_ms"u8, Math.Round(row.QueueMs, 3));
        json.WriteNumber("retries"u8, row.Retries);
        json.WriteNumber("fallbacks"u8, row.Fallbacks);
        json.WriteBoolean("stream"u8, row.Stream);
        json.WriteBoolean("cache_hit"u8, row.CacheHit);
        WriteText(json, "trace_id"u8, report.TraceId);
        WriteText(json, "span_id"u8, report.SpanId);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }
}
