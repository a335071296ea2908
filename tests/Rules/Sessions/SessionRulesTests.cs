using OrleansLlm.Grains.Sessions;

namespace OrleansLlm.Tests.Rules.Sessions;

public class SessionRulesTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void ASession_LivesWhileItIsUsed_AndEndsWhenItIsNot()
    {
        var state = new SessionsState();
        SessionRules.Begin(state, "a", "sk-...1234", Start);
        var now = Start;
        for (var i = 0; i < 10; i++)
        {
            now += SessionRules.Idle - TimeSpan.FromMinutes(1);
            Assert.Equal((true, true), SessionRules.Use(state, "a", now));
        }

        Assert.Equal((false, false), SessionRules.Use(state, "a", now + SessionRules.Idle));
        Assert.Equal((false, false), SessionRules.Use(state, "b", Start));
    }

    [Fact]
    public void Use_IsNotStoredEachTime()
    {
        var state = new SessionsState();
        SessionRules.Begin(state, "a", "", Start);
        Assert.Equal((true, false), SessionRules.Use(state, "a", Start + SessionRules.Note - TimeSpan.FromSeconds(1)));
        Assert.Equal((true, true), SessionRules.Use(state, "a", Start + SessionRules.Note));
        Assert.Equal((true, false), SessionRules.Use(state, "a", Start + SessionRules.Note + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void PastTheBound_TheLongestUnusedEnds()
    {
        var state = new SessionsState();
        for (var i = 0; i < SessionRules.Most + 3; i++) SessionRules.Begin(state, $"s{i}", "", Start.AddMinutes(i));
        Assert.Equal(SessionRules.Most, state.Sessions.Count);
        var now = Start.AddMinutes(SessionRules.Most + 3);
        Assert.False(SessionRules.Use(state, "s2", now).Known);
        Assert.True(SessionRules.Use(state, "s3", now).Known);
    }

    [Fact]
    public void AnEndedSession_IsNotKnown_AndEndingTwiceIsHarmless()
    {
        var state = new SessionsState();
        SessionRules.Begin(state, "a", "", Start);
        Assert.True(SessionRules.End(state, "a"));
        Assert.False(SessionRules.End(state, "a"));
        Assert.False(SessionRules.Use(state, "a", Start).Known);
    }
}
