using OrleansLlm.Api.Live;

namespace OrleansLlm.Tests.Rules.Live;

public class PulseTests
{
    private readonly Pulse _pulse = new();

    public PulseTests() => _pulse.Begin();

    [Fact]
    public void WhatIsHeardAfterEachQuestion_IsNeverLost()
    {
        for (var round = 0; round < 100; round++)
        {
            Assert.False(_pulse.Round(answered: true));
            _pulse.Heard();
        }
    }

    [Fact]
    public void WhatIsHeardTooLateNowAndThen_IsNotLost()
    {
        _pulse.Round(answered: true);
        for (var late = 0; late < 50; late++)
        {
            Assert.False(_pulse.Round(answered: true));
            _pulse.Heard();
            Assert.False(_pulse.Round(answered: true));
        }
    }

    [Fact]
    public void NoAnswer_NoExpectation()
    {
        for (var round = 0; round < 100; round++) Assert.False(_pulse.Round(answered: false));
    }

    [Fact]
    public void ASubscriptionThatHasJustBegun_IsNotBlamedForTheQuestionBefore()
    {
        _pulse.Round(answered: true);
        _pulse.Round(answered: true);
        _pulse.Begin();
        Assert.Equal(1 + Pulse.FirstPatience, RoundsUntilLost());
    }

    [Fact]
    public void SilenceAfterAnswers_IsALoss_SlowerEachTime_AndSoonAgainOnceSomethingWasHeard()
    {
        var rounds = Enumerable.Range(0, 6).Select(_ =>
        {
            var until = RoundsUntilLost();
            _pulse.Begin();
            return until - 1;
        });
        Assert.Equal([2, 4, 8, 12, 12, 12], rounds);
        _pulse.Heard();
        _pulse.Begin();
        Assert.Equal(1 + Pulse.FirstPatience, RoundsUntilLost());
    }

    private int RoundsUntilLost()
    {
        var rounds = 1;
        while (!_pulse.Round(answered: true)) Assert.True(++rounds < 100);
        return rounds;
    }
}
