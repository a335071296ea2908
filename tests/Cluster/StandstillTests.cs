using OrleansLlm.Backends;
using OrleansLlm.Tests.Gateway;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A silo that has stood still may have been taken for dead: what its backend grains gave out is looked up in the store before they give out anything more.</summary>
public class StandstillTests
{
    [Fact]
    public async Task WhatAnotherNodeHasTakenOver_GivesOutNothingMore()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var backend = cluster.Backend(ollama.BaseAddress);
        Assert.IsType<SlotGranted>(await backend.TryAcquireAsync(Request("before")));
        await backend.ReleaseAsync(new SlotRelease { RequestId = "before", Outcome = SlotOutcome.Succeeded });

        cluster.StandStill(takenOver: backend);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => backend.TryAcquireAsync(Request("after")));
        Assert.True(LostContact.Is(refused), refused.ToString());
        // It wakes anew, and does not know who may still run.
        Assert.IsType<SlotRefused>(await GatewayCluster.AgainAsync(() => backend.TryAcquireAsync(Request("again"))));
    }

    [Fact]
    public async Task WhatNobodyHasTakenOver_GoesOnWithItsLeases()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await GatewayCluster.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var backend = cluster.Backend(ollama.BaseAddress);
        Assert.IsType<SlotGranted>(await backend.TryAcquireAsync(Request("one")));
        var waiting = backend.WaitAsync(Request("two"));

        cluster.StandStill();
        Assert.True(await backend.RenewAsync("one"));
        Assert.Equal(RefusalReason.Busy, Assert.IsType<SlotRefused>(await backend.TryAcquireAsync(Request("three"))).Reason);
        await backend.ReleaseAsync(new SlotRelease { RequestId = "one", Outcome = SlotOutcome.Succeeded });
        Assert.IsType<SlotGranted>(await waiting);
    }

    private static SlotRequest Request(string id) => new() { RequestId = id, User = "u", Model = "m" };
}
