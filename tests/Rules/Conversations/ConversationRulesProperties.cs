using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Catalog;
using OrleansLlm.Conversations;
using OrleansLlm.Grains.Conversations;

namespace OrleansLlm.Tests.Rules.Conversations;

public class ConversationRulesProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(200);
    private static readonly ConversationOptions Small = new() { Ttl = TimeSpan.FromSeconds(100), MaxTurns = 5, MaxBytes = 200 };
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Each number is a turn: its id (often one that was used before), its length, and whether it brings a tool's result.</summary>
    [Fact]
    public void ATurnIsKeptOnce_WithinTheBounds_AndNeverWithoutWhatItContinues() =>
        Prop.ForAll(Steps(), steps =>
        {
            var state = new ConversationState();
            var last = new List<string>();
            foreach (var step in steps)
            {
                var turn = Turn($"t{step % 13}", 10 + step / 13 % 80, continues: step / 7 % 4 == 0);
                var next = ConversationRules.Append(state, new NewTurn("u", default, turn), Small, Start);
                if (next is null) continue;
                Assert.Equal(next.Turns.Count, next.Turns.Select(t => t.Id).Distinct().Count());
                Assert.Contains(turn.Id, next.Turns.Select(t => t.Id));
                Assert.InRange(next.Turns.Count, 1, Small.MaxTurns);
                Assert.True(next.Turns.Sum(t => t.Bytes()) <= Small.MaxBytes);
                // What stays is the newest, in order: only the oldest have gone.
                var expected = state.Turns.Exists(t => t.Id == turn.Id) ? last : [.. last, turn.Id];
                Assert.Equal(expected.TakeLast(next.Turns.Count), next.Turns.Select(t => t.Id));
                // The first is the second half of something only if it has been the first ever.
                Assert.True(!next.Turns[0].Continues || next.Turns.Count == expected.Count);
                Assert.Same(next, Same(next, turn));
                (state, last) = (next, [.. next.Turns.Select(t => t.Id)]);
            }

            return true;
        }).Check(Many);

    [Fact]
    public void WhatFitsTheContext_IsTheLongestEndOfWholeExchanges() =>
        Prop.ForAll(Steps(), Gen.Choose(-50, 400).ToArbitrary(), (steps, tokens) =>
        {
            var turns = steps.Take(20).Select((s, i) => Turn($"t{i}", 10, continues: s % 3 == 0) with { Tokens = 1 + s / 3 % 60 }).ToList();
            foreach (var continued in new[] { false, true })
            {
                var fitting = ConversationPrompt.Fitting([.. turns], tokens, continued);
                var cut = turns.Count - fitting.Length;
                Assert.Equal(turns.Skip(cut).Select(t => t.Id), fitting.Select(t => t.Id));
                Assert.True(cut == turns.Count || cut == 0 || !turns[cut].Continues);
                // By trying every cut there is: the starts of exchanges, the longest that fits, else only what must not be left out.
                var starts = Enumerable.Range(0, turns.Count).Where(i => i == 0 || !turns[i].Continues).ToList();
                var fits = starts.Where(i => turns.Skip(i).Sum(t => t.Tokens) <= tokens).DefaultIfEmpty(turns.Count).Min();
                if (continued && fits == turns.Count && starts.Count > 0) fits = starts[^1];
                Assert.Equal(fits, cut);
            }

            return true;
        }).Check(Many);

    [Fact]
    public void TheLastTurnAgain_IsReplaced_AndAnOlderOneLeftAlone()
    {
        var state = Append(Append(new ConversationState(), "a"), "b");
        Assert.Same(state, ConversationRules.Append(state, new NewTurn("u", default, Turn("a", 50)), Small, Start));
        var replaced = ConversationRules.Append(state, new NewTurn("u", default, Turn("b", 50)), Small, Start)!;
        Assert.Equal(["a", "b"], replaced.Turns.Select(t => t.Id));
        Assert.Equal(50, replaced.Turns[1].Asked.Length);
    }

    [Fact]
    public void ATurnThatIsLargerThanTheBound_ChangesNothing()
    {
        Assert.Null(ConversationRules.Append(new ConversationState(), new NewTurn("u", default, Turn("a", 201)), Small, Start));
        Assert.Null(ConversationRules.Append(new ConversationState(), new NewTurn("u", new byte[150], Turn("a", 51)), Small, Start));
        Assert.NotNull(ConversationRules.Append(new ConversationState(), new NewTurn("u", new byte[150], Turn("a", 50)), Small, Start));
    }

    [Fact]
    public void AChange_OfATurnThatIsNotAsItWasRead_ChangesNothing()
    {
        var state = Append(Append(new ConversationState(), "a"), "b");
        var read = ConversationRules.Read(state, Small, Start).Turns[0];
        var changed = ConversationRules.Replace(state, read, read with { Asked = new byte[5] }, Small, Start)!;
        Assert.Equal([5, 10], changed.Turns.Select(t => t.Asked.Length));
        Assert.Null(ConversationRules.Replace(changed, read, read with { Asked = new byte[3] }, Small, Start));
        Assert.Null(ConversationRules.Replace(changed, read with { Id = "c" }, read, Small, Start));
        var gone = ConversationRules.Replace(changed, read with { Asked = new byte[5] }, read with { Asked = default }, Small, Start)!;
        Assert.Equal("b", Assert.Single(gone.Turns).Id);
    }

    [Fact]
    public void WhatHasExpired_IsNeitherReadNorGoneOnWith()
    {
        var state = Append(new ConversationState(), "a");
        Assert.Single(ConversationRules.Read(state, Small, Start + Small.Ttl - TimeSpan.FromTicks(1)).Turns);
        Assert.False(ConversationRules.Read(state, Small, Start + Small.Ttl).Exists);
        Assert.Equal("b", Assert.Single(ConversationRules.Append(state, new NewTurn("u", default, Turn("b", 10)), Small, Start + Small.Ttl)!.Turns).Id);
    }

    [Fact]
    public void AListThatIsFull_NamesTheLongestUnused_AndStopsWhereNothingIsDeleted()
    {
        var options = Small with { MaxConversations = 3 };
        var list = new List<ListedConversation>();
        for (var i = 0; i < 3; i++) Assert.Empty(ConversationList.Add(list, $"c{i}", options, Start).Victims);
        Assert.Empty(ConversationList.Add(list, "c0", options, Start).Victims);
        Assert.Equal(["c1"], ConversationList.Add(list, "c3", options, Start).Victims);
        for (var i = 4; i < 3 + ConversationList.Slack; i++) Assert.True(ConversationList.Add(list, $"c{i}", options, Start).Listed);
        Assert.False(ConversationList.Add(list, "more", options, Start).Listed);
        Assert.True(ConversationList.Add(list, "c0", options, Start).Listed);
        Assert.Equal(3 + ConversationList.Slack, list.Count);
        var late = Start + TimeSpan.FromDays(1);
        Assert.Equal(list.Count, ConversationList.Add(list, "more", options, late).Victims.Length);
    }

    [Fact]
    public void TheBody_IsChangedInItsMessagesOnly()
    {
        const string body = """{ "model" : "m", "messages":[ {"role":"user","content":"ä]\""} ] ,"stop":["]"] }""";
        var list = MessageList.Of(Encoding.UTF8.GetBytes(body));
        Assert.Equal("""{"role":"user","content":"ä]\""}""", Encoding.UTF8.GetString(Assert.Single(list.Messages).Json.Span));
        Assert.Equal("""{ "model" : "m", "messages":[{"a":1}] ,"stop":["]"] }""", Encoding.UTF8.GetString(list.With("{\"a\":1}"u8.ToArray()).Span));
    }

    private static ConversationState Same(ConversationState state, ConversationTurn turn) =>
        state.Turns[^1].Id == turn.Id ? state : ConversationRules.Append(state, new NewTurn("u", default, turn), Small, Start)!;

    private static ConversationState Append(ConversationState state, string id) =>
        ConversationRules.Append(state, new NewTurn("u", default, Turn(id, 10)), Small, Start)!;

    private static ConversationTurn Turn(string id, int bytes, bool continues = false) =>
        new() { Id = id, Asked = new byte[bytes], Answer = default, Tokens = bytes / 4, Continues = continues };

    private static Arbitrary<int[]> Steps() => Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary();
}
