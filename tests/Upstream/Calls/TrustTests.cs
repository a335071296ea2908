using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Providers;
using OrleansLlm.Providers.Http;
using OrleansLlm.Support;

namespace OrleansLlm.Upstream.Calls;

/// <summary>Whose certificates are taken: <c>ssl_verify</c>.</summary>
public sealed class TrustTests
{
    private const string Stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

    [Fact]
    public async Task ACertificateThatNobodyKnows_IsRefused_AndTheMessageSaysWhatHelps()
    {
        using var certificate = Authority.SelfSigned();
        await using var server = await StartAsync(certificate);
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(Ask(harness, server, UpstreamTrust.OfTheSystem));

        Assert.Equal(FailureKind.ConnectFailed, failure.Kind);
        Assert.Contains("its certificate is not trusted: no root that is known here vouches for it", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ssl_verify", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("A server of the tests", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Unchecked_ItIsTaken_AndServesNobodyWhoChecks()
    {
        using var authority = new Authority();
        using var another = new Authority();
        // TLS sessions are kept by names, and not by addresses.
        using var certificate = authority.Sign("localhost");
        await using var server = await StartAsync(certificate);
        var address = new UriBuilder(server.Address) { Host = "localhost" }.Uri;
        await using var harness = await Harness.StartAsync();

        for (var again = 0; again < 2; again++)
        {
            Assert.Equal("hello", (await harness.CollectAsync(Ask(harness, server, UpstreamTrust.Anybody) with { ApiBase = address })).Text());
            await harness.FailAsync(Ask(harness, server, UpstreamTrust.OfTheSystem) with { ApiBase = address });
            await harness.FailAsync(Ask(harness, server, Roots(another.Pem)) with { ApiBase = address });
        }

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task TheRootOfAFile_IsTheOnlyOneThatCounts()
    {
        using var authority = new Authority();
        using var another = new Authority();
        using var certificate = authority.Sign();
        await using var server = await StartAsync(certificate);
        await using var harness = await Harness.StartAsync();

        Assert.Equal("hello", (await harness.CollectAsync(Ask(harness, server, Roots(another.Pem + "\n" + authority.Pem)))).Text());
        var (failure, _) = await harness.FailAsync(Ask(harness, server, Roots(another.Pem)));
        Assert.Contains("no root that is known here vouches for it", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASelfSignedCertificate_IsItsOwnRoot()
    {
        using var certificate = Authority.SelfSigned();
        await using var server = await StartAsync(certificate);
        await using var harness = await Harness.StartAsync();
        Assert.Equal("hello", (await harness.CollectAsync(Ask(harness, server, Roots(certificate.ExportCertificatePem())))).Text());
    }

    [Fact]
    public async Task TheHostsName_IsCheckedWhateverTheRoots()
    {
        using var authority = new Authority();
        using var certificate = authority.Sign("elsewhere.example");
        await using var server = await StartAsync(certificate);
        await using var harness = await Harness.StartAsync();

        var (failure, _) = await harness.FailAsync(Ask(harness, server, Roots(authority.Pem)));

        Assert.Contains("it is not made out for the host that the address names", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("elsewhere.example", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("ollama")]
    [InlineData("anthropic")]
    [InlineData("vertex_ai")]
    public async Task AProbe_TakesWhatRequestsTake(string provider)
    {
        using var authority = new Authority();
        using var certificate = authority.Sign();
        await using var server = await StartAsync(certificate);
        await using var harness = await Harness.StartAsync();

        var refused = await harness.Probe.ProbeAsync(provider, server.Address, null, UpstreamTrust.OfTheSystem, default);
        Assert.False(refused.Alive);
        Assert.Contains("ssl_verify", refused.Problem!, StringComparison.Ordinal);
        Assert.True((await harness.Probe.ProbeAsync(provider, server.Address, null, UpstreamTrust.Anybody, default)).Alive);
        Assert.True((await harness.Probe.ProbeAsync(provider, server.Address, null, Roots(authority.Pem), default)).Alive);
    }

    [Fact]
    public async Task ATokenIsFetchedFromAServerThatIsChecked_WhateverTheDeploymentSays()
    {
        using var certificate = Authority.SelfSigned();
        using var key = RSA.Create(2048);
        await using var server = await StartAsync(certificate);
        await using var harness = await Harness.StartAsync();
        var account = new UpstreamAccount
        {
            Project = "p",
            Credentials = JsonSerializer.Serialize(new Dictionary<string, string>
            {
                ["type"] = "service_account", ["private_key"] = key.ExportPkcs8PrivateKeyPem(), ["client_email"] = "robot@example.iam.gserviceaccount.com",
                ["token_uri"] = new Uri(server.Address, "token").AbsoluteUri,
            }),
        };

        var (failure, _) = await harness.FailAsync(harness.Request("vertex_ai", Harness.Say("hello"), server.Address) with { Trust = UpstreamTrust.Anybody, Account = account, ApiKey = null });

        Assert.Equal("No access token: SecureConnectionError.", failure.Message);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task AFileMayHoldWhatStandsBetweenTheServerAndItsRoot()
    {
        using var root = new Authority();
        using var middle = new Authority(root);
        using var certificate = middle.Sign();
        await using var server = await StartAsync(certificate);
        await using var harness = await Harness.StartAsync();

        Assert.Equal("hello", (await harness.CollectAsync(Ask(harness, server, Roots(middle.Pem + "\n" + root.Pem)))).Text());
        await harness.FailAsync(Ask(harness, server, Roots(root.Pem)));
    }

    [Fact]
    public void HoweverManyTrustsThereHaveBeen_TheirPoolsAreBounded_AndThoseInUseStay()
    {
        using var pools = new ConnectionPools((_, _) => new SocketsHttpHandler());
        var kept = pools.For(UpstreamTrust.Anybody);
        for (var i = 0; i < 3 * ConnectionPools.Most; i++)
        {
            pools.For(new UpstreamTrust($"{i}"));
            Assert.Same(kept, pools.For(UpstreamTrust.Anybody));
        }

        Assert.Equal(ConnectionPools.Most, pools.Count);
    }

    private static UpstreamTrust Roots(string pem) => new(pem) { Roots = pem };

    private static UpstreamRequest Ask(Harness harness, Receiver server, UpstreamTrust trust) =>
        harness.Request("openai", Harness.Say("hello"), server.Address) with { Trust = trust, ApiKey = "sk-secret-key" };

    private static async Task<Receiver> StartAsync(X509Certificate2 certificate)
    {
        var server = await Receiver.StartAsync(certificate: certificate);
        server.Answer = asked => Task.FromResult(asked.Method == "POST" ? Results.Text(Stream, "text/event-stream") : Results.Text("""{"data":[{"id":"m"}],"models":[{"name":"m"}]}""", "application/json"));
        return server;
    }
}
