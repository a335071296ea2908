using OrleansLlm.Backends;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Providers;

namespace OrleansLlm.Tests.Rules.Inference;

public class BlameTests
{
    [Theory]
    [InlineData(400, SlotOutcome.CallerFault)]
    [InlineData(401, SlotOutcome.KeyRefused)]
    [InlineData(403, SlotOutcome.ModelRefused)]
    [InlineData(404, SlotOutcome.ModelRefused)]
    [InlineData(429, SlotOutcome.Failed)]
    [InlineData(501, SlotOutcome.ModelRefused)]
    [InlineData(500, SlotOutcome.Failed)]
    public void AStatus_IsSomebodysFault(int status, SlotOutcome expected) => Assert.Equal(expected, Blame.For(Failure(status), FailureClass.Other));

    [Fact]
    public void TheGatewaysAccount_IsTheDeploymentsFault_AndItsKeyThatOfAll()
    {
        Assert.Equal(SlotOutcome.ModelRefused, Blame.For(Failure(402), FailureClass.Authentication));
        Assert.Equal(SlotOutcome.ModelRefused, Blame.For(Failure(400) with { Code = "billing_not_active" }, FailureClass.Authentication));
        Assert.Equal(SlotOutcome.KeyRefused, Blame.For(Failure(400) with { Reason = "API_KEY_INVALID" }, FailureClass.Authentication));
        // A smaller request would be taken; for want of room none is.
        Assert.Equal(SlotOutcome.CallerFault, Blame.For(Failure(413) with { Code = "rate_limit_exceeded" }, FailureClass.RateLimit));
        Assert.Equal(SlotOutcome.Failed, Blame.For(Failure(498), FailureClass.RateLimit));
    }

    /// <summary>A circuit that is half open would close on a backend that nobody has asked.</summary>
    [Fact]
    public void WhereNothingWasSent_NothingIsLearned()
    {
        Assert.Equal(SlotOutcome.Withdrawn, Blame.For(Failure(400) with { NothingSent = true }, FailureClass.BadRequest));
        Assert.Equal(SlotOutcome.Withdrawn, Blame.For(Failure(501) with { Kind = FailureKind.NotOffered, NothingSent = true }, FailureClass.Other));
    }

    [Fact]
    public void ARateLimitWithATime_IsTheDeploymentsAlone() =>
        Assert.Equal(SlotOutcome.RateLimited, Blame.For(Failure(429) with { RetryAfter = TimeSpan.FromSeconds(1) }, FailureClass.RateLimit));

    [Theory]
    [InlineData(403, (int)FailureClass.ContentPolicy)]
    [InlineData(500, (int)FailureClass.ContextWindow)]
    public void APromptThatWasTurnedDown_IsNotTheBackendsFault_WhateverTheStatus(int status, int kind) =>
        Assert.Equal(SlotOutcome.CallerFault, Blame.For(Failure(status), (FailureClass)kind));

    [Theory]
    [InlineData(FailureKind.ConnectFailed, SlotOutcome.Unreachable)]
    [InlineData(FailureKind.ConnectTimeout, SlotOutcome.Unreachable)]
    [InlineData(FailureKind.FirstTokenTimeout, SlotOutcome.Failed)]
    [InlineData(FailureKind.ConnectionLost, SlotOutcome.Failed)]
    public void WithoutAStatus_ItIsTheBackends(FailureKind kind, SlotOutcome expected) =>
        Assert.Equal(expected, Blame.For(new UpstreamFailure { Kind = kind, Message = "no" }, FailureClass.Other));

    private static UpstreamFailure Failure(int status) => new() { Kind = FailureKind.Status, Status = status, Message = "no" };
}
