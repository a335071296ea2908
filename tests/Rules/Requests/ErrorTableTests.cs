using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Requests;

public class ErrorTableTests
{
    [Fact]
    public void EveryFailure_HasARow()
    {
        foreach (var kind in Enum.GetValues<FailureKind>()) Assert.NotEqual(ErrorTable.Unknown, ErrorTable.For(new Failure { Kind = kind, Message = "x" }).Code);
        foreach (var reason in Enum.GetValues<ChangeRefusal>()) Assert.NotEqual(ErrorTable.Unknown, ErrorTable.For(new ChangeRefused(reason, "x")).Code);
    }

    [Fact]
    public void AFailureOfANewerNode_IsToldInItsWords_AndMayBeTriedAgain()
    {
        var told = ErrorTable.For(new Failure { Kind = (FailureKind)9999, Message = "words of tomorrow" });
        Assert.Equal("unknown", FailureNames.Of((FailureKind)9999));
        Assert.Equal((503, "words of tomorrow", ErrorTable.Unknown, TimeSpan.FromSeconds(5)), (told.Status, told.Message, told.Code, told.RetryAfter));
        var named = ErrorTable.For(new Failure { Kind = (FailureKind)9999, Message = "x", Code = "new_code", Param = "field" });
        Assert.Equal(("new_code", "field"), (named.Code, named.Param));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(600, 600)]
    [InlineData(601, null)]
    [InlineData(2_000_000, null)]
    public void ABudgetThatIsResetOnAnotherDay_LetsNobodySleepUntilThen(int seconds, int? told) => Assert.Equal(
        told, (int?)ErrorTable.For(new Failure { Kind = FailureKind.BudgetExceeded, Message = "x", RetryIsVain = true, RetryAfter = TimeSpan.FromSeconds(seconds) }).RetryAfter?.TotalSeconds);

    [Theory]
    [InlineData(FailureKind.OverLimit)]
    [InlineData(FailureKind.ConversationNotStored)]
    public void WhatIsVain_IsToldNoTimeToComeBack(FailureKind kind)
    {
        var told = ErrorTable.For(new Failure { Kind = kind, Message = "x", RetryIsVain = true });
        Assert.Equal((null, true), (told.RetryAfter, told.RetriesSpent));
    }
}
