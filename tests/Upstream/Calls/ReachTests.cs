using System.Net;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Http;
using OrleansLlm.Simulator;

namespace OrleansLlm.Upstream.Calls;

/// <summary>Where requests go is said by whoever adds a backend; where they may never go, and that an upstream cannot send them on.</summary>
public sealed class ReachTests
{
    [Theory]
    [InlineData("169.254.169.254", true)]
    [InlineData("169.254.0.1", true)]
    [InlineData("::ffff:169.254.169.254", true)]
    [InlineData("64:ff9b::169.254.169.254", true)]
    [InlineData("64:ff9b::100.100.100.200", true)]
    [InlineData("2002:a9fe:a9fe::1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("100.100.100.200", true)]
    [InlineData("168.63.129.16", true)]
    [InlineData("192.0.0.192", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("172.17.0.2", false)]
    [InlineData("fd12::1", false)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("2002:a00:1::1", false)]
    [InlineData("1.1.1.1", false)]
    public void LinkLocalAndMetadataAddresses_AreKnown(string address, bool linkLocal) => Assert.Equal(linkLocal, UpstreamReach.IsLinkLocal(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://2852039166/")]
    [InlineData("http://0xa9fea9fe/")]
    public async Task ALinkLocalBackend_IsNeverCalled(string address)
    {
        await using var harness = await Harness.StartAsync(reach: new UpstreamReach(() => false));
        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("x"), new Uri(address)));
        Assert.Equal(FailureKind.ConnectFailed, failure.Kind);
        Assert.Contains("allow_link_local_backends", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatANameResolvesTo_IsWhatCounts()
    {
        var thrown = await Assert.ThrowsAsync<HttpRequestException>(async () => await new UpstreamReach(() => false).ConnectAsync(new DnsEndPoint("169.254.169.254", 80), default));
        Assert.Equal(HttpRequestError.ConnectionError, thrown.HttpRequestError);
    }

    [Fact]
    public async Task OrdinaryBackends_AreReached_WhateverIsForbidden()
    {
        await using var harness = await Harness.StartAsync(reach: new UpstreamReach(() => false));
        Assert.NotEmpty(await harness.CollectAsync(harness.Request("openai", Harness.Say("x"))));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task ARedirect_IsAFailure_AndIsNotFollowed(int status)
    {
        await using var harness = await Harness.StartAsync();
        await using var elsewhere = await SimulatedOllama.StartAsync(new SimulatorOptions { Models = [Harness.Model] });
        harness.Server.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Headers = new Dictionary<string, string> { ["Location"] = new Uri(elsewhere.BaseAddress, "v1/chat/completions").AbsoluteUri } });
        var (failure, _) = await harness.FailAsync(harness.Request("openai", Harness.Say("x")));
        Assert.Equal((FailureKind.Status, status), (failure.Kind, failure.Status));
        Assert.Equal((0, 0), (elsewhere.Stats.Requests, elsewhere.Stats.Connections));
    }
}
