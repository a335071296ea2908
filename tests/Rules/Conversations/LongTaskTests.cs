using System.Text;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Conversations;

namespace OrleansLlm.Tests.Rules.Conversations;

/// <summary>Tasks of many calls, which outgrow the bounds of a conversation while they are still one exchange.</summary>
public class LongTaskTests
{
    private static readonly ConversationOptions Small = new() { Ttl = TimeSpan.FromSeconds(100), MaxTurns = 4, MaxBytes = 1000 };
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(4, 1000)]
    [InlineData(200, 500)]
    [InlineData(2, 1000)]
    public void ATask_GoesOnForEver_AndEachCallHasItsResult(int maxTurns, int maxBytes)
    {
        var options = Small with { MaxTurns = maxTurns, MaxBytes = maxBytes };
        var state = Append(new ConversationState(), Turn("old", User("before"), Said("yes")), options)!;
        state = Append(state, Turn("t0", User("the task"), Call(0)), options)!;
        for (var i = 1; i < 50; i++)
        {
            state = Append(state, Turn($"t{i}", Result(i - 1), Call(i), continues: true), options)!;
            Assert.InRange(state.Turns.Count, 1, maxTurns);
            Assert.True(state.Turns.Sum(t => t.Bytes()) <= maxBytes);
            var all = string.Join(',', state.Turns.Select(t => $"{Encoding.UTF8.GetString(t.Asked)},{Encoding.UTF8.GetString(t.Answer)}"));
            Assert.Contains("the task", all, StringComparison.Ordinal);
            Assert.EndsWith(Call(i), all, StringComparison.Ordinal);
            // Each call but the last is followed by its result, and no result stands alone.
            var kept = Enumerable.Range(0, i + 1).Where(n => all.Contains(Call(n), StringComparison.Ordinal)).ToList();
            Assert.Equal(Enumerable.Range(i - kept.Count + 1, kept.Count), kept);
            Assert.Equal(kept[..^1], Enumerable.Range(0, i + 1).Where(n => all.Contains($"{Call(n)},{Result(n)}", StringComparison.Ordinal)));
            Assert.Equal(kept.Count - 1, Enumerable.Range(0, i + 1).Count(n => all.Contains(Result(n), StringComparison.Ordinal)));
            Assert.Equal($"t{i}", state.Turns[^1].Id);
        }

        Assert.Equal(["t0"], state.Turns.Where(t => !t.Continues).Select(t => t.Id));
        // The next question is an exchange of its own, and pushes the task out when there is no room for both.
        for (var i = 0; i < maxTurns; i++) state = Append(state, Turn($"n{i}", User("next"), Said(new string('x', 400))), options)!;
        Assert.DoesNotContain(state.Turns, t => t.Continues);
    }

    [Fact]
    public void ItemsThatNobodyAnswered_AreNotCutInTheMiddleOfACall()
    {
        // A client has put the question with its call there itself, and the results one after the other.
        var state = Append(new ConversationState(), Turn("t0", $"{User("the task")},{Call(0)}", ""), Small)!;
        state = Append(state, Turn("t1", Result(0), Call(1), continues: true), Small)!;
        for (var i = 2; i < 9; i++) state = Append(state, Turn($"t{i}", Result(i - 1), Call(i), continues: true), Small)!;
        Assert.Equal(User("the task"), Encoding.UTF8.GetString(state.Turns[0].Asked));
        Assert.Equal(Call(5), Encoding.UTF8.GetString(state.Turns[0].Answer));
        Assert.Equal(["t0", "t6", "t7", "t8"], state.Turns.Select(t => t.Id));
    }

    [Fact]
    public void WhatDoesNotFitWithItsQuestionAndItsCall_ChangesNothing_AndIsKnownBefore()
    {
        var state = Append(new ConversationState(), Turn("t0", User("the task"), Call(0)), Small)!;
        var large = Turn("t1", Result(0).Replace("done", new string('x', 890), StringComparison.Ordinal), "", continues: true);
        Assert.Null(Append(state, large, Small));
        var before = ConversationRules.Read(state, Small, Start).Turns;
        Assert.False(ConversationRules.HasRoom(default, before, large, Small));
        Assert.True(ConversationRules.HasRoom(default, before, Turn("t1", Result(0), "", continues: true), Small));
        Assert.False(ConversationRules.HasRoom(new byte[900], before, Turn("t1", Result(0), "", continues: true), Small));
        Assert.False(ConversationRules.HasRoom(default, before, Turn("t1", Result(0), "", continues: true), Small with { MaxTurns = 1 }));
    }

    private static ConversationState? Append(ConversationState state, ConversationTurn turn, ConversationOptions options) =>
        ConversationRules.Append(state, new NewTurn("u", default, turn), options, Start);

    private static string User(string text) => $$"""{"role":"user","content":"{{text}}"}""";

    private static string Said(string text) => $$"""{"role":"assistant","content":"{{text}}"}""";

    private static string Call(int number) => $$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"c{{{number}}}"}]}""";

    private static string Result(int number) => $$"""{"role":"tool","tool_call_id":"c{{number}}","content":"done"}""";

    private static ConversationTurn Turn(string id, string asked, string answer, bool continues = false) =>
        new() { Id = id, Asked = Encoding.UTF8.GetBytes(asked), Answer = Encoding.UTF8.GetBytes(answer), Tokens = 1, Continues = continues };
}
