using OrleansLlm.Ledger;
using OrleansLlm.Recent;

namespace OrleansLlm.Api.Live;

/// <summary>What the ledger's row of a request tells of its life: less than the request itself did, and enough for a picture.</summary>
internal static class Stories
{
    public static RequestStory From(LedgerRow row)
    {
        var took = Ms(row.LatencyMs);
        var queued = Ms(Math.Min(row.QueueMs, row.LatencyMs));
        var steps = new List<RequestStep>();
        var failed = row.Status != LedgerRow.Success;
        if (queued > TimeSpan.Zero) steps.Add(new RequestStep(StepKind.Queue, TimeSpan.Zero, queued, row.Backend));
        if (row.FirstTokenMs is { } ms)
        {
            var first = queued + Ms(ms) < took ? queued + Ms(ms) : took;
            steps.Add(new RequestStep(StepKind.Upstream, queued, first, row.Backend));
            steps.Add(new RequestStep(StepKind.Tokens, first, took, row.Backend, failed ? row.Status : null, failed));
        }
        else if (row.Backend is not null || failed)
        {
            steps.Add(new RequestStep(StepKind.Upstream, queued, took, row.Backend, failed ? row.Status : null, failed));
        }

        return RequestStory.Of(row, node: "", took, queued, [.. steps]);
    }

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);
}
