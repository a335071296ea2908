using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Responses;
using OrleansLlm.Inference;
using OrleansLlm.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

public class ResponseRulesTests
{
    private static readonly ConversationOptions Small = new() { Ttl = TimeSpan.FromSeconds(100), MaxTurns = 3, MaxBytes = 200 };
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NewResponse Head = new() { User = "u", Model = "m", CreatedAt = 1, Request = new byte[10], Background = true };

    [Fact]
    public void TheFirstEnd_IsTheOneThatStays()
    {
        var running = ResponseRules.Begin(Head, Small, Start);
        Assert.False(ResponseRules.IsEnded(running));
        foreach (var end in new[] { ResponseRules.Cancel(running, Start), ResponseRules.Fail(running, Failure.GatewayLost, Start), ResponseRules.Answer(Answered(10), Small, Start)! })
        {
            Assert.True(ResponseRules.IsEnded(end));
        }

        var failed = ResponseRules.Read(ResponseRules.Fail(running, Failure.GatewayLost, Start));
        Assert.Equal((ResponseStatus.Failed, FailureKind.LeaseLost, "u"), (failed.Status, failed.Failure!.Kind, failed.Head!.User));
    }

    [Fact]
    public void ItIsKnown_UntilItsTimeToLiveIsOver()
    {
        var end = Start + TimeSpan.FromDays(1);
        var running = ResponseRules.Begin(Head, Small, Start);
        Assert.True(ResponseRules.IsThere(running, Small, end));
        foreach (var state in new[] { ResponseRules.Cancel(running, end), ResponseRules.Fail(running, Failure.GatewayLost, end), ResponseRules.Answer(Answered(10), Small, end)! })
        {
            Assert.True(ResponseRules.IsThere(state, Small, end + TimeSpan.FromSeconds(99)));
            Assert.False(ResponseRules.IsThere(state, Small, end + TimeSpan.FromSeconds(100)));
        }

        Assert.False(ResponseRules.IsThere(new ResponseState(), Small, Start));
    }

    [Fact]
    public void TheNewestTurnsThatFit_AreKept_AndItsOwnAmongThem()
    {
        // 10 of the request and 20 of the answer leave 170: three turns of 50, and no more than three.
        Assert.Equal(["t2", "t3", "t4"], Kept(Answered(20, 50, 50, 50, 50, 50)));
        Assert.Equal(["t1"], Kept(Answered(20, 100, 100)));
        // Its own turn alone is too large: it can be read, and not gone on from.
        var alone = ResponseRules.Answer(Answered(20, 10, 171), Small, Start)!;
        Assert.Equal((ResponseStatus.Answered, false), (ResponseRules.Read(alone).Status, ResponseRules.ReadContent(alone).Exists));
        // Not even the answer fits.
        Assert.Null(ResponseRules.Answer(Answered(191, 1), Small, Start));
    }

    [Fact]
    public void TheInput_IsKeptUntilThereIsAnAnswer_IfItFits()
    {
        var running = ResponseRules.Begin(Head with { Input = new byte[190] }, Small, Start);
        Assert.Equal(190, ResponseRules.Read(ResponseRules.Cancel(running, Start)).Head!.Input.Length);
        Assert.Equal(0, ResponseRules.Read(ResponseRules.Begin(Head with { Input = new byte[191] }, Small, Start)).Head!.Input.Length);
    }

    private static IEnumerable<string> Kept(AnsweredResponse answered) => ResponseRules.ReadContent(ResponseRules.Answer(answered, Small, Start)!).Turns.Select(t => t.Id);

    private static AnsweredResponse Answered(int completion, params int[] turns) => new(Head, new byte[completion], new ConversationContent
    {
        Turns = [.. turns.Select((length, i) => new ConversationTurn { Id = $"t{i}", Asked = new byte[length], Answer = default, Tokens = 1 })],
    });
}
