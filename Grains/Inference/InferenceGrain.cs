using System.Runtime.CompilerServices;
using Orleans.Placement;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;
using OrleansLlm.Users;

namespace OrleansLlm.Grains.Inference;

/// <summary>One request's life. Its steps are numbered as in docs/request-path.md.</summary>
[GrainType("inference")]
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = 10)]
internal sealed class InferenceGrain(ICatalog catalog, InferenceServices services) : Grain, IInferenceGrain
{
    private readonly CancellationTokenSource _left = new();
    private DetachedRun? _detached;
    private bool _begun;

    public IAsyncEnumerable<InferenceEvent> RunAsync(InferenceRequest request, CancellationToken cancellationToken = default) =>
        request.ResumableBy is null ? StepsAsync(request, cancellationToken) : FollowAsync(request, cancellationToken);

    public Task StartAsync(InferenceRequest request)
    {
        Detach(request);
        return Task.CompletedTask;
    }

    public Task<LogAnswer> ReadLogAsync(LogQuery query)
    {
        LeaveUnlessBegun();
        return Task.FromResult(_detached?.Read(query) ?? LogRefused.Unknown);
    }

    public async Task<bool> CancelResumableAsync(string caller)
    {
        LeaveUnlessBegun();
        if (_detached?.IsOpenTo(caller) is not true) return false;
        await _left.CancelAsync();
        return true;
    }

    public Task CancelAsync() => _left.CancelAsync();

    public Task<bool> IsRunningAsync()
    {
        LeaveUnlessBegun();
        return Task.FromResult(_begun);
    }

    public Task CloseAsync()
    {
        if (_detached is null) DeactivateOnIdle();
        else _detached.Close();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _detached?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>All of it, in the time of whoever pulls: the reader itself, or a <see cref="DetachedRun"/>.</summary>
    private async IAsyncEnumerable<InferenceEvent> StepsAsync(
        InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _begun = true;
        // One request may have a second grain, when the silo of the first has died: it is admitted and settled once.
        var inferenceId = this.GetPrimaryKeyString();
        var requestId = InferenceIds.RequestOf(inferenceId);
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _left.Token);

        // 2. Admission: limits and budget.
        var user = GrainFactory.GetGrain<IUserGrain>(request.User);
        if (await user.AdmitAsync(requestId) is OverLimit over)
        {
            yield return new InferenceFailed(new Failure { Kind = FailureKind.OverLimit, Message = over.Limit, RetryAfter = over.RetryAfter });
            yield break;
        }

        var settlement = new Settlement(requestId, 0, 0);
        try
        {
            // 3 to 5. Candidates, a slot, the upstream call until its first token.
            var dispatcher = new Dispatcher(this, GrainFactory, inferenceId, request, catalog.Current, services);
            var dispatched = await dispatcher.RunAsync(left.Token);
            if (dispatched.Answer is null)
            {
                yield return new InferenceFailed(dispatched.Failure!);
                yield break;
            }

            await using (var answer = new OpenAnswer(dispatched, dispatcher, left.Token))
            {
                yield return dispatched.Started!;

                // 6. Tokens as they come.
                InferenceEvent next;
                do
                {
                    next = await answer.NextAsync();
                    if (next is InferenceCompleted done) settlement = new Settlement(requestId, done.PromptTokens, done.CompletionTokens);
                    if (next is InferenceFailed { Failure: var failure } && failure.Kind != FailureKind.Cancelled)
                    {
                        services.Logger.StreamFailed(requestId, answer.Deployment.ToString(), failure.Kind.ToString(), failure.Message);
                    }

                    yield return next;
                }
                while (next is not (InferenceCompleted or InferenceFailed));
            }
        }
        finally
        {
            // 8. Settlement. (7, the release of the lease with its outcome, was the disposal of the answer.)
            await user.SettleAsync(settlement);
        }
    }

    private async IAsyncEnumerable<InferenceEvent> FollowAsync(
        InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var next in Detach(request).FollowAsync(cancellationToken)) yield return next;
    }

    private DetachedRun Detach(InferenceRequest request)
    {
        if (_detached is null)
        {
            _detached = new DetachedRun(this, request, _left, catalog.Current.Settings.Resumable, services);
            _detached.Begin(StepsAsync(request));
        }

        return _detached;
    }

    /// <summary>Only a question about an inference that does not exist, or exists no more, has woken this activation.</summary>
    private void LeaveUnlessBegun()
    {
        if (!_begun) DeactivateOnIdle();
    }
}
