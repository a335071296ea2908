using System.Diagnostics;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Telemetry;
using OrleansLlm.Inference;
using OrleansLlm.Ledger;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Inference;

/// <summary>Watches one request and leaves one report of it, with its ledger row, when it has ended however it ended. Step 8 of docs/request-path.md.</summary>
internal sealed class UsageRecord : IDisposable
{
    private const int LongestName = 256;

    private readonly RequestReports _reports;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private readonly Activity? _span;
    private readonly InferenceKind _kind;
    private readonly MessageCapture? _messages;
    private readonly TraceWords? _trace;
    private LedgerRow _row;
    private Failure? _failure;
    private TimeSpan? _upstream;
    private Deployment? _deployment;
    private bool _ended;
    private bool _costsNothing;
    private bool _cacheMissed;
    private readonly InferenceServices _services;

    /// <param name="requestId">Not the inference's: a request that was started over has one row.</param>
    public UsageRecord(string requestId, InferenceRequest request, LimitOptions limits, InferenceServices services)
    {
        (_services, _reports, _time, _kind) = (services, services.Reports, services.Time, request.Kind);
        _messages = _reports.WantMessages ? new MessageCapture(requestId, request, services.Logger) : null;
        _trace = _reports.WantTraces ? TraceReader.Read(request) : null;
        Timeline = new RequestTimeline(_time);
        _begun = _time.GetTimestamp();
        _span = GatewayTraces.Start("inference", ActivityKind.Internal, request.TraceParent, request.TraceState);
        TraceParent = _span?.Id ?? request.TraceParent;
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

    /// <summary>What the parts of the request are traced under.</summary>
    public string? TraceParent { get; }

    /// <summary>An event that its client is told.</summary>
    public void Saw(InferenceEvent next) => _messages?.Saw(next);

    /// <summary>What attempts have cost that broke off before the answer that was shown; null: nothing.</summary>
    public BrokenAnswer? Wasted { private get; set; }

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
        Wasted = null;
        _row = _row with { CacheHit = isHit };
    }

    /// <summary>The cache was asked and had nothing.</summary>
    public void MissedCache() => _cacheMissed = true;

    private void ServedBy(Deployment? deployment)
    {
        if (deployment is null) return;
        _deployment = deployment;
        _row = _row with { DeploymentId = deployment.Id, UpstreamModel = Short(deployment.ConfiguredModel), Backend = deployment.Backend };
    }

    /// <param name="deployment">Of the last backend: it may have gone on where the first one failed. Null: nobody knows better than what began.</param>
    /// <param name="promptTokens">By estimate, as <paramref name="written"/>: what counts when it has broken off.</param>
    public void Ended(InferenceEvent end, Deployment? deployment, long promptTokens, long written)
    {
        ServedBy(deployment);
        if (end is InferenceFailed failed) Failed(failed.Failure, promptTokens, written);
        if (end is not InferenceCompleted done) return;
        _upstream = done.Upstream;
        Timeline.Completed(done.Upstream);
        var used = Used(done);
        End(_row with { PromptTokens = used.PromptTokens, CompletionTokens = used.CompletionTokens, Estimated = done.Estimated, Cost = used.Cost });
    }

    /// <summary>It has not been served, and so long of its time were queues.</summary>
    public void Waited(TimeSpan queued) => _row = _row with { QueueMs = queued.TotalMilliseconds };

    /// <summary>It has failed, or broken off after so many tokens by estimate.</summary>
    public void Failed(Failure failure, long promptTokens = 0, long completionTokens = 0)
    {
        if (_ended) return;
        _failure = failure;
        double? cost = null;
        if (failure.Broken is { } broken && promptTokens + completionTokens == 0 && !_costsNothing)
        {
            (promptTokens, completionTokens, cost) = (broken.PromptTokens, broken.CompletionTokens, broken.Cost);
            _row = _row with { DeploymentId = _row.DeploymentId ?? broken.DeploymentId };
        }

        End(_row with
        {
            Status = FailureNames.Of(failure),
            PromptTokens = promptTokens,
            CompletionTokens = completionTokens,
            Estimated = promptTokens + completionTokens > 0,
            Cost = cost ?? CostOf(promptTokens, completionTokens),
            Retries = Math.Max(_row.Retries, failure.Retries),
            Fallbacks = Math.Max(_row.Fallbacks, failure.Fallbacks),
        });
    }

    /// <summary>At the deployment that served it; nothing where somebody else pays.</summary>
    public double? CostOf(long promptTokens, long completionTokens) => _costsNothing ? 0 : _deployment is null ? null : Cost.Of(_deployment, promptTokens, completionTokens);

    /// <inheritdoc cref="CostOf(long, long)"/>
    public double? CostOf(InferenceCompleted done) => _costsNothing ? 0 : _deployment is null ? null : Cost.Of(_deployment, done);

    /// <summary>By a whole answer, with what was wasted before it.</summary>
    public BrokenAnswer Used(InferenceCompleted done) => new BrokenAnswer("", done.PromptTokens, done.CompletionTokens, CostOf(done)).And(Wasted);

    private void End(LedgerRow row)
    {
        if (_ended) return;
        _ended = true;
        _row = row with
        {
            LatencyMs = _time.GetElapsedTime(_begun).TotalMilliseconds,
        };
        var report = new RequestReport
        {
            Row = _row,
            Kind = _kind,
            Provider = _deployment?.Provider,
            ApiBase = _deployment?.Address,
            Failure = _failure?.Kind,
            UpstreamRefused = _failure?.CallerFault is true,
            UpstreamStatus = _failure?.UpstreamStatus,
            UpstreamMs = _upstream?.TotalMilliseconds,
            CacheMissed = _cacheMissed,
            TraceId = _span?.TraceId.ToHexString(),
            SpanId = _span?.SpanId.ToHexString(),
            Trace = _trace,
            Input = _messages?.Input,
            Output = _messages?.Output,
        };
        _reports.Add(report);
        EndSpan(report);
        _services.Stories.Add(Timeline.Tell(_row, _services.Node.Value));
    }

    /// <summary>Without an end of its own the request was started over elsewhere.</summary>
    public void Dispose() => _span.End("moved_on");

    private void EndSpan(RequestReport report)
    {
        if (_span is null) return;
        _span.SetTag("orleansllm.request.id", _row.RequestId);
        _span.SetTag("orleansllm.status", _row.Status);
        _span.SetTag("gen_ai.operation.name", GenAi.Operation(_kind));
        _span.SetTag("gen_ai.request.model", _row.Model);
        _span.SetTag("gen_ai.response.model", _row.UpstreamModel);
        _span.SetTag("gen_ai.usage.input_tokens", _row.PromptTokens);
        _span.SetTag("gen_ai.usage.output_tokens", _row.CompletionTokens);
        _span.SetTag("orleansllm.queue_ms", _row.QueueMs);
        _span.SetTag("orleansllm.retries", _row.Retries);
        _span.SetTag("orleansllm.fallbacks", _row.Fallbacks);
        if (report.Input is { } input && _messages?.Readable(GenAiMessages.OfInput, input) is { } asked) _span.SetTag("gen_ai.input.messages", asked);
        if (report.Output is { } output && _messages?.Readable(GenAiMessages.OfOutput, output) is { } answered) _span.SetTag("gen_ai.output.messages", answered);
        _span.End(_failure is null ? null : _row.Status);
    }

    /// <summary>A wildcard model's name is the client's to choose.</summary>
    private static string Short(string name) => name.Length <= LongestName ? name : name[..LongestName];
}
