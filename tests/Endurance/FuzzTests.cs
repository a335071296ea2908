using OrleansLlm.Bench.Fuzz.Http;

namespace OrleansLlm.Tests.Endurance;

/// <summary>The benchmark's fuzz, shortened: what it leaves in memory. That no rule is broken is asked where the other doors are tested.</summary>
public class FuzzTests
{
    private const int Seed = 9;
    private const int Cases = 1500;
    private const int Workers = 4;

    /// <summary>There are hundreds while it runs.</summary>
    private const int MayStay = 25;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task WhateverWasAskedAndAnswered_NoGrainStaysForIt()
    {
        Assert.SkipUnless(Runs.IdleGrainsLeaveAsConfigured, "On this engine a grain stays idle for the minutes that its class says.");
        await using var gateway = await FuzzGateway.StartAsync(Workers);
        var fuzz = new HttpFuzz(gateway.Target, new CaseMaker(Seed, gateway.Target.Routes, maySilence: false), Patience);
        await fuzz.RunAsync(Workers, Cases);
        Assert.Equal(Cases, fuzz.Done);
        Assert.InRange(await gateway.GrainsAtRestAsync(MayStay), 0, MayStay);
    }
}
