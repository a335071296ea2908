using OrleansLlm.Inference;
using OrleansLlm.Ledger;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Tests.Observability;

/// <summary>Reports of requests that never were.</summary>
internal static class Reports
{
    public static RequestReport Success(int number = 1) => new()
    {
        Row = new LedgerRow
        {
            RequestId = "req-" + number.ToString("x32"),
            Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            UserId = "user:ada",
            TeamId = "science",
            KeyHash = "abc",
            Model = "m",
            ModelGroup = "m",
            UpstreamModel = "ollama_chat/m",
            DeploymentId = "id",
            Backend = "http://localhost:1",
            PromptTokens = 3,
            CompletionTokens = 5,
            Cost = 0.25,
            LatencyMs = 1500,
            FirstTokenMs = 300,
            QueueMs = 200,
            Status = LedgerRow.Success,
            Stream = true,
        },
        Provider = "ollama",
        ApiBase = "http://localhost:1",
        UpstreamMs = 1250,
    };

    public static RequestReport Failure(int number = 1, FailureKind kind = FailureKind.UpstreamStatus, int? status = 500)
    {
        var report = Success(number);
        return report with { Row = report.Row with { Status = FailureNames.Of(kind), Cost = null, CompletionTokens = 0 }, Failure = kind, UpstreamStatus = status };
    }
}
