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
        json.WriteString("timestamp", row.Time.AddMilliseconds(row.LatencyMs).UtcDateTime);
        json.WriteString("level", level);
        json.WriteString("service", "orleansllm");
        json.WriteString("action", report.Kind == InferenceKind.Embedding ? "embedding" : "completion");
        json.WriteString("model", row.Model);
        json.WriteStartObject("tokens");
        json.WriteNumber("prompt", row.PromptTokens);
        json.WriteNumber("completion", row.CompletionTokens);
        json.WriteNumber("total", row.PromptTokens + row.CompletionTokens);
        json.WriteEndObject();
        json.WriteNumber("latency_ms", Math.Round(row.LatencyMs, 3));
        json.WriteBoolean("success", report.IsSuccess);
        if (report.Error is { } error) json.WriteString("error", error);
        json.WriteString("request_id", row.RequestId);
        json.WriteString("status", row.Status);
        WriteText(json, "model_group", row.ModelGroup);
        WriteText(json, "upstream_model", row.UpstreamModel);
        WriteText(json, "deployment_id", row.DeploymentId);
        WriteText(json, "backend", row.Backend);
        json.WriteString("user", row.UserId);
        WriteText(json, "key_hash", row.KeyHash);
        WriteText(json, "key_alias", row.KeyAlias);
        WriteText(json, "team", row.TeamId);
        if (row.Cost is { } cost) json.WriteNumber("cost", cost);
        json.WriteBoolean("estimated", row.Estimated);
        if (row.FirstTokenMs is { } first) json.WriteNumber("first_token_ms", Math.Round(first, 3));
        json.WriteNumber("queue_ms", Math.Round(row.QueueMs, 3));
        json.WriteNumber("retries", row.Retries);
        json.WriteNumber("fallbacks", row.Fallbacks);
        json.WriteBoolean("stream", row.Stream);
        json.WriteBoolean("cache_hit", row.CacheHit);
        WriteText(json, "trace_id", report.TraceId);
        WriteText(json, "span_id", report.SpanId);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }
}
