using System.Text.Json;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Ledger;

namespace OrleansLlm.Grains.Inference;

/// <summary>Watches one request and leaves one row of it in the ledger, when it has ended however it ended. Step 8 of docs/request-path.md.</summary>
internal sealed class UsageRecord
{
    private const int LongestName = 256;

    private readonly ILedger _ledger;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private LedgerRow _row;
    private Deployment? _deployment;
    private bool _ended;
    private bool _costsNothing;
    private readonly InferenceServices _services;

    /// <param name="requestId">Not the inference's: a request that was started over has one row.</param>
    public UsageRecord(string requestId, InferenceRequest request, LimitOptions limits, InferenceServices services)
    {
        (_services, _ledger, _time) = (services, services.Ledger, services.Time);
        Timeline = new RequestTimeline(_time);
        _begun = _time.GetTimestamp();
        _row = new LedgerRow
        {
            RequestId = requestId,
            Time = _time.GetUtcNow(),
            KeyHash = request.Key,
            KeyAlias = request.KeyAlias,
            UserId = request.User,
            TeamId = request.Team ?? limits.TeamOf(request.User),
            Model = Short(request.Model),
            Status = LedgerRow.Success,
            Stream = request.Stream,
        };
    }

    /// <summary>When it did what.</summary>
    public RequestTimeline Timeline { get; }

    /// <summary>A backend has begun to answer.</summary>
    public void Served(InferenceStarted started, UpstreamAttempt answer)
    {
        _row = _row with
        {
            ModelGroup = Short(started.ModelGroup),
            FirstTokenMs = answer.FirstToken > TimeSpan.Zero ? answer.FirstToken.TotalMilliseconds : null,
            QueueMs = started.Queued.TotalMilliseconds,
            Retries = started.Retries,
            Fallbacks = started.Fallbacks,
        };
        ServedBy(answer.Deployment);
    }

    /// <summary>As another request's inference tells it, or the cache.</summary>
    /// <param name="deployment">Null: it is not in the configuration any more.</param>
    public void Served(InferenceStarted started, Deployment? deployment)
    {
        _row = _row with
        {
            ModelGroup = Short(started.ModelGroup),
            DeploymentId = started.DeploymentId,
            FirstTokenMs = _row.Stream && started.Upstream > TimeSpan.Zero ? started.Upstream.TotalMilliseconds : null,
            QueueMs = started.Queued.TotalMilliseconds,
            Retries = started.Retries,
            Fallbacks = started.Fallbacks,
        };
        ServedBy(deployment);
    }

    /// <summary>Somebody else pays, or has paid, for its tokens.</summary>
    /// <param name="isHit">It was given what the cache had, or an inference that was running already.</param>
    public void CostsNothing(bool isHit)
    {
        _costsNothing = true;
        _row = _row with { CacheHit = isHit };
    }

    private void ServedBy(Deployment? deployment)
    {
        if (deployment is null) return;
        _deployment = deployment;
        _row = _row with { DeploymentId = deployment.Id, UpstreamModel = Short(deployment.ConfiguredModel), Backend = deployment.Backend };
    }

    /// <returns>Null: the answer is a stream, which has only begun, or no price is known.</returns>
    public double? CostOfWhole(UpstreamAttempt answer) =>
        _row.Stream || answer.Usage is not { } usage ? null : Cost.Of(answer.Deployment, usage.Prompt, usage.Completion);

    /// <param name="deployment">Of the last backend: it may have gone on where the first one failed. Null: nobody knows better than what began.</param>
    /// <param name="promptTokens">By estimate, as <paramref name="written"/>: what counts when it has broken off.</param>
    public void Ended(InferenceEvent end, Deployment? deployment, long promptTokens, long written)
    {
        ServedBy(deployment);
        if (end is InferenceFailed failed) Failed(failed.Failure, promptTokens, written);
        if (end is not InferenceCompleted done) return;
        Timeline.Completed(done.Upstream);
        End(_row with { PromptTokens = done.PromptTokens, CompletionTokens = done.CompletionTokens, Estimated = done.Estimated });
    }

    /// <summary>It has failed, or broken off after so many tokens by estimate.</summary>
    public void Failed(Failure failure, long promptTokens = 0, long completionTokens = 0) => End(_row with
    {
        Status = NameOf(failure.Kind),
        PromptTokens = promptTokens,
        CompletionTokens = completionTokens,
        Estimated = promptTokens + completionTokens > 0,
        Retries = Math.Max(_row.Retries, failure.Retries),
        Fallbacks = Math.Max(_row.Fallbacks, failure.Fallbacks),
    });

    /// <summary>At the deployment that served it; nothing where somebody else pays.</summary>
    public double? CostOf(long promptTokens, long completionTokens) => _costsNothing ? 0 : _deployment is null ? null : Cost.Of(_deployment, promptTokens, completionTokens);

    private void End(LedgerRow row)
    {
        if (_ended) return;
        _ended = true;
        _row = row with
        {
            LatencyMs = _time.GetElapsedTime(_begun).TotalMilliseconds,
            Cost = CostOf(row.PromptTokens, row.CompletionTokens),
        };
        _ledger.Add(_row);
        _services.Stories.Add(Timeline.Tell(_row, _services.Node.Value));
    }

    private static string NameOf(FailureKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>A wildcard model's name is the client's to choose.</summary>
    private static string Short(string name) => name.Length <= LongestName ? name : name[..LongestName];
}
