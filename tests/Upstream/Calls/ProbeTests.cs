using System.Net.Sockets;
using OrleansLlm.Providers;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Calls;

public sealed class ProbeTests
{
    [Theory]
    [InlineData("anthropic")]
    [InlineData("gemini")]
    [InlineData("azure")]
    public async Task OtherServices_ListTheirModels(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var status = await harness.Probe.ProbeAsync(provider, harness.Server.BaseAddress, "key", UpstreamTrust.OfTheSystem, default);

        Assert.True(status.Alive);
        Assert.Equal([Harness.Model, "qwen3:think"], status.Available);
        Assert.Null(status.Loaded);
    }

    [Theory]
    [InlineData("vertex_ai")]
    [InlineData("bedrock")]
    [InlineData("azure_ai")]
    public async Task WhatHasNoList_IsAliveWhenItAnswers(string provider)
    {
        await using var harness = await Harness.StartAsync();

        var status = await harness.Probe.ProbeAsync(provider, harness.Server.BaseAddress, null, UpstreamTrust.OfTheSystem, default);

        Assert.Equal((true, null), (status.Alive, status.Available));
        Assert.Equal("The service does not list its models.", status.Problem);
    }

    [Fact]
    public async Task Probe_OfOllama_TellsAvailableAndLoadedModelsWithoutAnInference()
    {
        await using var harness = await Harness.StartAsync();
        var before = await harness.Probe.ProbeAsync("ollama", harness.Server.BaseAddress, null, UpstreamTrust.OfTheSystem, default);
        await harness.CollectAsync(harness.Request("ollama", Harness.Say("hello")));
        var after = await harness.Probe.ProbeAsync("ollama_chat", harness.Server.BaseAddress, "key", UpstreamTrust.OfTheSystem, default);

        Assert.True(before is { Alive: true, Problem: null });
        Assert.Equal([Harness.Model, "qwen3:think"], before.Available!);
        Assert.Empty(before.Loaded!);
        Assert.Equal([Harness.Model], after.Loaded!);
        Assert.Equal(1, harness.Server.Stats.Requests);
    }

    [Fact]
    public async Task Probe_OfOpenAi_TellsAvailableModels()
    {
        await using var harness = await Harness.StartAsync();

        var status = await harness.Probe.ProbeAsync("openai", new Uri(harness.Server.BaseAddress, "v1/"), "key", UpstreamTrust.OfTheSystem, default);

        Assert.Equal([Harness.Model, "qwen3:think"], status.Available!);
        Assert.Null(status.Loaded);
    }

    [Theory]
    [InlineData(401, true)]
    [InlineData(404, true)]
    [InlineData(503, false)]
    public async Task Probe_OfAServiceThatRefuses_SaysSo(int httpStatus, bool alive)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = httpStatus, Path = "/v1/models" });

        var status = await harness.Probe.ProbeAsync("openai", new Uri(harness.Server.BaseAddress, "v1"), null, UpstreamTrust.OfTheSystem, default);

        Assert.Equal(alive, status.Alive);
        Assert.Null(status.Available);
        Assert.Contains($"{httpStatus}", status.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{\"models\":5}")]
    public async Task Probe_OfNonsense_IsNotAlive(string body)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Raw, Body = body, Path = "/api/tags" });

        Assert.False((await harness.Probe.ProbeAsync("ollama", harness.Server.BaseAddress, null, UpstreamTrust.OfTheSystem, default)).Alive);
    }

    [Theory]
    [InlineData("openai", "/v1/models", "<html>")]
    [InlineData("openai", "/v1/models", "[]")]
    [InlineData("azure", "/openai/models", "{\"data\":5}")]
    [InlineData("gemini", "/v1beta/models", "")]
    public async Task Probe_OfAServiceWhoseListCannotBeRead_SaysThatItLives(string provider, string path, string body)
    {
        await using var harness = await Harness.StartAsync();
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Raw, Body = body, Path = path });

        var status = await harness.Probe.ProbeAsync(provider, harness.Request(provider, "{}").ApiBase, null, UpstreamTrust.OfTheSystem, default);

        Assert.Equal((true, null, "The list of models cannot be read."), (status.Alive, status.Available, status.Problem));
    }

    [Fact]
    public async Task Probe_OfASilentService_GivesUpAfterFiveSeconds()
    {
        var time = new ManualTime();
        await using var harness = await Harness.StartAsync(time: time);
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Hang, Path = "/api/tags" });
        var probe = harness.Probe.ProbeAsync("ollama", harness.Server.BaseAddress, null, UpstreamTrust.OfTheSystem, default);
        await Eventually.HappensAsync(() => harness.Server.Stats.Connections == 1, "it connected");

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.False((await probe).Alive);
    }

    [Fact]
    public async Task Probe_OfNobody_IsNotAlive()
    {
        await using var harness = await Harness.StartAsync();
        using var closed = new Socket(SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));

        Assert.False((await harness.Probe.ProbeAsync("openai", new Uri($"http://{closed.LocalEndPoint}"), null, UpstreamTrust.OfTheSystem, default)).Alive);
        await Assert.ThrowsAsync<ArgumentException>(() => harness.Probe.ProbeAsync("claude", null, null, UpstreamTrust.OfTheSystem, default));
    }
}
