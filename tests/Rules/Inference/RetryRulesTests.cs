using OrleansLlm.Catalog;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Inference;

public class RetryRulesTests
{
    private static readonly AttemptFailure Status500 = Upstream(500);

    [Theory]
    [InlineData(null, null, 2)]
    [InlineData(null, 4, 4)]
    [InlineData(0, 4, 0)]
    [InlineData(3, null, 3)]
    public void TheNumberOfRetries_IsTheRequests_ElseTheDeployments_ElseTheGateways(int? requested, int? own, int expected) =>
        Assert.Equal(expected, Count(Rules(requested: requested), Status500, own));

    [Fact]
    public void APolicy_CountsByTheClassOfTheFailure()
    {
        var policy = new RetryPolicy { InternalServer = 1, RateLimit = 5, BadRequest = 3 };
        Assert.Equal(1, Count(Rules(policy), Status500));
        Assert.Equal(5, Count(Rules(policy), Upstream(429)));
        Assert.Equal(2, Count(Rules(policy), Upstream(504)));
        // Asked for, even what is the request's own fault.
        Assert.Equal(3, Count(Rules(policy), Upstream(400, callerFault: true)));
        Assert.Equal(0, Count(Rules(policy, requested: 0), Status500));
    }

    [Fact]
    public void ARequestAtFault_IsNotRetriedByItself() => Assert.Equal(0, Count(Rules(), Upstream(400, callerFault: true)));

    [Fact]
    public void AnotherDeployment_IsTriedAtOnce_AlsoAfterWhatTheSameOneWouldRepeat()
    {
        Assert.Equal(TimeSpan.Zero, Rules().After(Upstream(404), 0, null, othersLeft: true, hasFallback: true)!.Value.Wait);
        Assert.Null(Rules().After(Upstream(404), 0, null, othersLeft: false, hasFallback: false));
    }

    [Fact]
    public void TheSameDeployment_IsTriedAfterTheUsualPause_OrTheOneThatTheUpstreamAskedFor()
    {
        Assert.Null(Rules().After(Status500, 0, null, false, false)!.Value.Wait);
        Assert.Equal(TimeSpan.FromSeconds(7), Rules().After(Upstream(429, retryAfter: 7), 0, null, false, false)!.Value.Wait);
        Assert.Null(Rules().After(Upstream(429, retryAfter: 61), 0, null, false, false));
        Assert.Equal(TimeSpan.FromSeconds(3), Rules(pause: 3).After(Status500, 0, null, false, false)!.Value.Wait);
    }

    [Theory]
    [InlineData(7000, 3.0, 4)]
    [InlineData(7000, 0.2, 2)]
    [InlineData(7000, 1000.0, 1001)]
    [InlineData(7000, 1001.0, null)]
    [InlineData(7000, null, null)]
    [InlineData(0, 3.0, null)]
    [InlineData(null, 3.0, null)]
    public void ARetryThatHasWaited_WaitsAMomentMore_ForADeploymentThatIsNotYetFree(int? waited, double? rest, int? expected)
    {
        var refused = AttemptFailure.OfGroup(new Failure { Kind = FailureKind.CircuitOpen, Message = "x", RetryAfter = Milliseconds(rest) });
        Assert.Equal(Milliseconds(expected), RetryRules.StillToWait(new RetryDecision(Milliseconds(waited)), refused));
        Assert.Null(RetryRules.StillToWait(null, refused));
        Assert.Null(RetryRules.StillToWait(new RetryDecision(Milliseconds(waited)), AttemptFailure.OfGroup(new Failure { Kind = FailureKind.QueueFull, Message = "x", RetryAfter = Milliseconds(rest) })));

        static TimeSpan? Milliseconds(double? ms) => ms is { } given ? TimeSpan.FromMilliseconds(given) : null;
    }

    [Fact]
    public void WhereAnotherGroupStandsBy_NobodyWaitsForTheSlowTheLimitedOrTheUnreachable()
    {
        foreach (var failure in (AttemptFailure[])[Upstream(429), Upstream(504), Upstream(503, retryAfter: 1), Of(FailureKind.UpstreamTimeout), Of(FailureKind.UpstreamUnreachable)])
        {
            Assert.NotNull(Rules().After(failure, 0, null, othersLeft: false, hasFallback: false));
            Assert.Null(Rules().After(failure, 0, null, othersLeft: false, hasFallback: true));
        }

        Assert.NotNull(Rules().After(Status500, 0, null, othersLeft: false, hasFallback: true));
    }

    private static RetryRules Rules(RetryPolicy? policy = null, int? requested = null, double pause = 0) =>
        new(policy ?? new RetryPolicy(), requested, configured: 2, TimeSpan.FromSeconds(pause));

    private static int Count(RetryRules rules, AttemptFailure failure, int? own = null)
    {
        var used = 0;
        while (rules.After(failure, used, own, othersLeft: false, hasFallback: false) is not null) used++;
        return used;
    }

    private static AttemptFailure Upstream(int status, double? retryAfter = null, bool callerFault = false) => AttemptFailure.Of(
        new Failure
        {
            Kind = FailureKind.UpstreamStatus,
            Message = "no",
            UpstreamStatus = status,
            RetryAfter = retryAfter is { } s ? TimeSpan.FromSeconds(s) : null,
        },
        retryable: status is 408 or 429 or >= 500,
        callerFault);

    private static AttemptFailure Of(FailureKind kind) => AttemptFailure.Of(new Failure { Kind = kind, Message = "no" }, retryable: true, callerFault: false);
}
