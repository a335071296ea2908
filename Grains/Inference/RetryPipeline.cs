using Polly;
using Polly.Retry;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// Runs attempts until one says that it was the last: the pauses between them are Polly's, exponential with decorrelated jitter. What is
/// retried <see cref="RetryRules"/> has decided.
/// </summary>
internal sealed class RetryPipeline
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private readonly ResiliencePipeline<RetryStep> _patient;
    private readonly ResiliencePipeline<RetryStep> _brisk;

    public RetryPipeline(TimeProvider time, Chance chance)
    {
        _patient = Build(TimeSpan.FromSeconds(8), time, chance);
        _brisk = Build(TimeSpan.FromSeconds(1), time, chance);
    }

    /// <param name="attempt">Told how many went before it.</param>
    /// <param name="brisk">Somebody else stands by: no pause is longer than a second.</param>
    public async Task<RetryStep> RunAsync(Func<int, Task<RetryStep>> attempt, bool brisk, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Nearly always the first is the last. The pipeline is given what came of it, and knows what to do then.
        var step = await attempt(0);
        if (step.Again is null || cancellationToken.IsCancellationRequested) return step;

        // The continuations must stay in the turns of the grain.
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        try
        {
            var before = 0;
            return await (brisk ? _brisk : _patient).ExecuteAsync(async _ => before++ == 0 ? step : await attempt(before - 1), context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static ResiliencePipeline<RetryStep> Build(TimeSpan longest, TimeProvider time, Chance chance) =>
        new ResiliencePipelineBuilder<RetryStep> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<RetryStep>
            {
                // How often is decided case by case.
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = First,
                MaxDelay = longest,
                Randomizer = chance.NextDouble,
                ShouldHandle = static args => new(args.Outcome.Result?.Again is not null),
                DelayGenerator = static args => new(args.Outcome.Result!.Again!.Value.Wait),
            })
            .Build();
}

/// <summary>What came of one attempt.</summary>
/// <param name="Answer">Open; null: it failed.</param>
/// <param name="Failure">Null: it did not.</param>
/// <param name="Again">Null: it was the last.</param>
internal sealed record RetryStep(UpstreamAttempt? Answer, AttemptFailure? Failure, RetryDecision? Again = null);
