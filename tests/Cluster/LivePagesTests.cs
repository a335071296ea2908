using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Backends;
using OrleansLlm.Recent;
using OrleansLlm.Sessions;
using OrleansLlm.Support;
using OrleansLlm.Tests.Gateway;
using OrleansLlm.Tests.Gateway.Pages;

namespace OrleansLlm.Tests.Cluster;

/// <summary>
/// What browsers see of a cluster, whichever node they ask. The front ends' clocks move only when a test says so: between two of its steps they ask no backend
/// anything, so that what they tell of a change has come by the streams.
/// </summary>
public class LivePagesTests
{
    [Fact]
    public async Task AChangeOnAnotherNode_ComesByTheStreams_ToTheBrowsersOfEveryNode()
    {
        var containers = new ManualTime();
        await using var ollama = await Setup.OllamaAsync(time: containers, firstToken: Setup.Second);
        await using var cluster = await WatchedCluster.StartAsync(ollama);
        var (home, backend) = (cluster.Home, cluster.Backend);
        Assert.NotEqual(home.Name, (await cluster.Nears.UntilAsync("hello", _ => true, "the near front end's own name")).GetProperty("node").GetString());
        foreach (var events in cluster.Both) await events.UntilAsync("backend", b => Node(b) == home.Name && Running(b) == 0, "the card, with the node it comes from");

        var answer = cluster.Nodes.ChatAsync("x");
        await ToldAsync(backend, b => Node(b) == home.Name && Running(b) == 1, "a request has taken the slot", cluster.Both);
        Assert.Equal(200, await cluster.Far.StatusAsync(HttpMethod.Post, "/backend/drain", new { backend = backend.GetPrimaryKeyString() }));
        await ToldAsync(backend, IsDraining, "it drains", cluster.Both);
        Assert.Equal(200, await cluster.Near.StatusAsync(HttpMethod.Post, "/backend/undrain", new { backend = backend.GetPrimaryKeyString() }));
        await ToldAsync(backend, b => !IsDraining(b), "it drains no more", cluster.Both);
        containers.Advance(Setup.Second);
        Assert.Equal(200, (int)(await answer).StatusCode);
        await ToldAsync(backend, b => Running(b) == 0 && b.GetProperty("served").GetInt64() == 1, "the slot is free", cluster.Both);
    }

    [Fact]
    public async Task WhenTheNodeOfABackendDies_ItsCardComesFromAnother_AndTheStreamsFlowAgain()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await WatchedCluster.StartAsync(ollama);
        var (home, backend) = (cluster.Home, cluster.Backend);
        foreach (var events in cluster.Both) await events.UntilAsync("backend", b => Node(b) == home.Name, "the card, with the node it comes from");
        await ToldOfRequestsAsync(cluster, "before");
        await backend.SetDrainingAsync(true);
        await ToldAsync(backend, IsDraining, "it drains", cluster.Both);

        await cluster.Nodes.Silos.KillSiloAsync(home);
        var again = Task.WhenAll(cluster.Both.Select(e => e.UntilAsync("backend", b => Node(b) != home.Name && IsDraining(b), "the card, from another node")));
        await PassAsync(cluster.Clock, again);
        var newHome = await cluster.KeepTellingAsync();
        Assert.All(await again, b => Assert.Equal(newHome.Name, Node(b)));

        await FlowsAgainAsync(backend, cluster.Clock, cluster.Both);
        await ToldOfRequestsAsync(cluster, "after");
    }

    [Fact]
    public async Task SubscriptionsThatAreLost_AreTakenAnew_AndNoMoreThanOne()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await WatchedCluster.StartAsync(ollama, nearIsHome: true);
        var (home, backend) = (cluster.Home, cluster.Backend);
        LiveStreams[] subscriptions = [new(home.ServiceProvider.GetRequiredService<IClusterClient>()), new(cluster.Nodes.Silos.Client)];
        foreach (var events in cluster.Both) await events.UntilAsync("backend", b => Node(b) == home.Name, "the card");
        foreach (var its in subscriptions) await Eventually.UntilAsync(async () => await its.CountAsync() == (1, 1), "one subscription to each stream");

        foreach (var its in subscriptions) await its.LoseAsync();
        await FlowsAgainAsync(backend, cluster.Clock, cluster.Both);
        await ToldOfRequestsAsync(cluster, "after");
        foreach (var its in subscriptions) Assert.Equal((1, 1), await its.CountAsync());
    }

    [Fact]
    public async Task ASession_HoldsAtEveryNode_OutlivesTheNodeOfItsGrain_AndIsEndedEverywhere()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var cluster = await WatchedCluster.StartNodesAsync(ollama);
        var home = await cluster.SiloOfAsync(await WokenAsync(cluster.Silos.Client.GetGrain<ISessionsGrain>(KeyHash.Of(WatchedCluster.Master))));
        var nodes = new List<Uri> { cluster.Http.BaseAddress! };
        foreach (var silo in cluster.Silos.Silos.Where(s => s != home)) nodes.Add((await cluster.AddFrontEndAsync(silo)).BaseAddress!);
        using var first = await Browser.SignInAsync(nodes[0], WatchedCluster.Master);
        foreach (var node in nodes)
        {
            using var there = first.At(node);
            Assert.Equal(200, await there.StatusAsync(HttpMethod.Get, "/ui/api/backends"));
        }

        await cluster.Silos.KillSiloAsync(home);
        foreach (var node in nodes)
        {
            using var there = first.At(node);
            // For a moment nobody can tell. That the browser is a stranger must never be the answer: its page would ask for the key.
            await Eventually.UntilAsync(
                async () =>
                {
                    var status = await there.StatusAsync(HttpMethod.Get, "/ui/api/backends");
                    Assert.Contains(status, (int[])[200, 503]);
                    return status == 200;
                },
                "the session holds here as well",
                GatewayCluster.AfterAKill);
        }

        using (var other = first.At(nodes[1])) Assert.Equal(204, await other.StatusAsync(HttpMethod.Delete, "/ui/session"));
        foreach (var node in nodes)
        {
            using var there = first.At(node);
            Assert.Equal(401, await there.StatusAsync(HttpMethod.Get, "/ui/api/backends"));
        }
    }

    private static async Task<ISessionsGrain> WokenAsync(ISessionsGrain sessions)
    {
        await sessions.BeginAsync(KeyHash.Of("another browser's"), "sk-...1234");
        return sessions;
    }

    /// <summary>Nothing says when a subscription has taken hold, so the backend is looked at until it is known: one that is watched tells how it is whenever somebody looks.</summary>
    private static Task ToldAsync(IBackendGrain backend, Func<JsonElement, bool> wanted, string what, params Events[] all) =>
        StirAsync(() => backend.GetSnapshotAsync(), Task.WhenAll(all.Select(e => e.UntilAsync("backend", wanted, what))), int.MaxValue);

    /// <summary>
    /// The clocks stand still, so that no question is asked: what is told then has come by the streams. If nothing is, time passes until a question brings it, and for the next try
    /// something else is changed.
    /// </summary>
    private static async Task FlowsAgainAsync(IBackendGrain backend, ManualTime clock, params Events[] all)
    {
        var draining = (await GatewayCluster.AgainAsync(() => backend.GetSnapshotAsync())).Draining;
        for (var change = 1; change <= 12; change++)
        {
            draining = !draining;
            await GatewayCluster.AgainAsync(() => backend.SetDrainingAsync(draining));
            var seen = Task.WhenAll(all.Select(e => e.UntilAsync("backend", b => IsDraining(b) == draining, draining ? "it drains" : "it drains no more")));
            await StirAsync(() => backend.GetSnapshotAsync(), seen, times: 40);
            if (seen.IsCompletedSuccessfully) return;
            await PassAsync(clock, seen);
        }

        Assert.Fail("Only questions bring changes: the streams do not flow again.");
    }

    /// <summary>Requests of their own are sent until one is told of, which questions do not bring.</summary>
    private static async Task ToldOfRequestsAsync(WatchedCluster cluster, string user)
    {
        await GatewayCluster.AgainAsync(() => cluster.Nodes.Silos.Client.GetGrain<IRecentRequestsGrain>(IRecentRequestsGrain.Key).WatchAsync(WatchedCluster.WholeTest));
        var nodes = cluster.Nodes.Silos.Silos.Select(s => s.Name).ToHashSet();
        await StirAsync(
            ChatAsync,
            PassAsync(cluster.Clock, Task.WhenAll(cluster.Both.Select(e => e.UntilAsync("request", r => r.GetProperty("user").GetString() == user && nodes.Contains(Node(r)!), "a request has ended")))),
            int.MaxValue);

        // However it has ended: the node that would have served it may have been killed just now.
        async Task ChatAsync() => (await cluster.Nodes.ChatAsync("x", user: user)).Dispose();
    }

    private static async Task StirAsync(Func<Task> stir, Task until, int times)
    {
        for (var time = 0; time < times && !until.IsCompleted; time++)
        {
            await GatewayCluster.AgainAsync(stir);
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        }

        if (until.IsCompleted) await until;
    }

    /// <summary>The front ends' time, at about twice its pace: their patience is a matter of seconds, and this machine's too.</summary>
    private static async Task PassAsync(ManualTime clock, Task until)
    {
        while (!until.IsCompleted)
        {
            clock.Advance(Setup.Second);
            await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System);
        }

        await until;
    }

    private static string? Node(JsonElement told) => told.GetProperty("node").GetString();

    private static int Running(JsonElement backend) => backend.GetProperty("running").GetInt32();

    private static bool IsDraining(JsonElement backend) => backend.GetProperty("draining").GetBoolean();
}
