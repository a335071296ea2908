using OrleansLlm.Inference;
using OrleansLlm.Ledger;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>Counts how requests end.</summary>
internal sealed class RequestMeter(GatewayMetrics metrics) : IRequestObserver
{
    private readonly RequestMetrics _metrics = metrics.Requests;

    public void Ended(RequestReport report)
    {
        var row = report.Row;
        // A name that no group serves is the client's invention.
        var asked = report.Failure == FailureKind.UnknownModel ? "unknown" : row.Model;
        _metrics.Ended.Add(1, asked, row.Status);
        if (row.ModelGroup is not null) _metrics.QueueTime.Record(Seconds(row.QueueMs), asked);
        CountUse(row, asked);
        CountCache(report);
        CountTimes(report, asked);
        CountFallbacks(report, asked);
        MeasureOperation(report, asked);
    }

    private void CountUse(LedgerRow row, string asked)
    {
        var account = Account(row, asked);
        _metrics.InputTokens.Add(row.PromptTokens, account);
        _metrics.OutputTokens.Add(row.CompletionTokens, account);
        _metrics.TotalTokens.Add(row.PromptTokens + row.CompletionTokens, account);
        if (row.Cost is { } cost) _metrics.Spend.Add(cost, account);
    }

    private void CountCache(RequestReport report)
    {
        var row = report.Row;
        if (!report.IsSuccess || !(row.CacheHit || report.CacheMissed)) return;
        string?[] cached = [row.UpstreamModel, row.KeyHash, row.KeyAlias, row.TeamId, row.DeploymentId, report.Provider];
        (row.CacheHit ? _metrics.CacheHits : _metrics.CacheMisses).Add(1, cached);
        if (row.CacheHit) _metrics.CachedTokens.Add(row.PromptTokens + row.CompletionTokens, cached);
    }

    private void CountTimes(RequestReport report, string asked)
    {
        if (!report.IsSuccess) return;
        var row = report.Row;
        var account = Account(row, asked);
        _metrics.Latency.Record(Seconds(row.LatencyMs), account);
        // What the upstream once took for somebody else.
        if (row.CacheHit) return;
        if (row.FirstTokenMs is { } first) _metrics.FirstToken.Record(Seconds(first), account);
        if (report.UpstreamMs is not { } upstream) return;
        _metrics.ApiLatency.Record(Seconds(upstream), account);
        // Attempts that failed and the pauses after them are neither the upstream's time nor the gateway's own.
        if (row.Retries + row.Fallbacks > 0) return;
        _metrics.Overhead.Record(Seconds(Math.Max(0, row.LatencyMs - upstream - row.QueueMs)), row.UpstreamModel);
    }

    private void CountFallbacks(RequestReport report, string asked)
    {
        if (report.Row.Fallbacks == 0) return;
        if (report.IsSuccess) _metrics.SuccessfulFallbacks.Add(1, asked, report.Row.ModelGroup);
        else if (report.Row.Status != LedgerRow.Cancelled) _metrics.FailedFallbacks.Add(1, asked, report.Row.Status);
    }

    private void MeasureOperation(RequestReport report, string asked)
    {
        var row = report.Row;
        var (operation, provider, served) = (GenAi.Operation(report.Kind), GenAi.Provider(report.Provider), row.UpstreamModel);
        _metrics.OperationDuration.Record(Seconds(row.LatencyMs), operation, provider, asked, served, report.IsSuccess ? null : row.Status);
        if (row.PromptTokens > 0) _metrics.TokenUsage.Record(row.PromptTokens, operation, provider, asked, served, "input");
        if (row.CompletionTokens > 0) _metrics.TokenUsage.Record(row.CompletionTokens, operation, provider, asked, served, "output");
        if (!report.IsSuccess || row.CacheHit || row.FirstTokenMs is not { } first) return;
        _metrics.ServerFirstToken.Record(Seconds(first), operation, provider, asked);
        if (row.CompletionTokens > 1 && report.UpstreamMs is { } upstream)
        {
            _metrics.ServerPerToken.Record(Seconds(Math.Max(0, upstream - first)) / (row.CompletionTokens - 1), operation, provider, asked);
        }
    }

    private static string?[] Account(LedgerRow row, string asked) => [row.UpstreamModel, row.KeyHash, row.KeyAlias, row.TeamId, asked];

    private static double Seconds(double milliseconds) => milliseconds / 1000;
}
