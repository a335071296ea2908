using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Backends;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Backends with certificates that the system does not know, and <c>ssl_verify</c>.</summary>
public sealed class TrustTests
{
    [Fact]
    public async Task ABackendWhoseCertificateNobodyKnows_IsA502_ThatNamesTheRemedy_AndIsSentNothing()
    {
        using var certificate = Authority.SelfSigned();
        await using var server = await StartAsync(certificate);
        await using var gateway = await TestGateway.StartAsync(Config(server, ""));

        using var answer = await gateway.PostAsync(TestGateway.Chat("m", "x"));

        Assert.Equal(502, (int)answer.StatusCode);
        var message = (await Setup.ErrorAsync(answer)).GetProperty("message").GetString()!;
        Assert.Contains("its certificate is not trusted", message, StringComparison.Ordinal);
        Assert.Contains("ssl_verify", message, StringComparison.Ordinal);
        Assert.DoesNotContain("A server of the tests", message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task TheSettingOfAll_HoldsForABackendWithoutItsOwn()
    {
        using var certificate = Authority.SelfSigned();
        await using var server = await StartAsync(certificate);
        await using var open = await TestGateway.StartAsync(Config(server, "", "litellm_settings: {ssl_verify: false}\n"));
        await using var shut = await TestGateway.StartAsync(Config(server, ", ssl_verify: true", "litellm_settings: {ssl_verify: false}\n"));
        Assert.Equal(200, await AskAsync(open));
        Assert.Equal(502, await AskAsync(shut));
    }

    [Fact]
    public async Task AChangeOfTheFile_TakesEffectAtOnce_InEitherDirection()
    {
        using var certificate = Authority.SelfSigned();
        await using var server = await StartAsync(certificate);
        using var file = new ConfigFileUnderTest();
        file.Write("first", Config(server, ", ssl_verify: true"));
        await using var gateway = await TestGateway.StartAsync(Config(server, ", ssl_verify: true"), file: file.Path);
        Assert.Equal(502, await AskAsync(gateway));
        file.Replace(Config(server, ", ssl_verify: false"));
        await Eventually.UntilAsync(async () => await AskAsync(gateway) == 200, "it is not checked any more");
        file.Replace(Config(server, ", ssl_verify: true"));
        await Eventually.UntilAsync(async () => await AskAsync(gateway) == 502, "it is checked again, though a connection is open");
        var roots = Path.Combine(Path.GetDirectoryName(file.Path)!, "roots.pem");
        await File.WriteAllTextAsync(roots, certificate.ExportCertificatePem());
        file.Replace(Config(server, $", ssl_verify: \"{roots}\""));
        await Eventually.UntilAsync(async () => await AskAsync(gateway) == 200, "it is its own root");
    }

    [Fact]
    public async Task AHealthProbe_TakesWhatRequestsTake()
    {
        using var certificate = Authority.SelfSigned();
        await using var server = await StartAsync(certificate);
        using var file = new ConfigFileUnderTest();
        var probed = $"gateway_settings: {{backends: {{\"{server.Address}v1\": {{health_interval: 0.2}}}}}}\n";
        file.Write("first", Config(server, "", probed));
        await using var gateway = await TestGateway.StartAsync(Config(server, "", probed), file: file.Path);
        var backend = new Uri(server.Address, "v1");
        await gateway.UntilAsync(backend, b => b.Health == HealthState.Down, "the probe has refused the certificate");
        file.Replace(Config(server, ", ssl_verify: false", probed));
        await gateway.UntilAsync(backend, b => b.Health == HealthState.Up, "the probe has taken it");
    }

    private static string Config(Receiver server, string verify, string rest = "") => Setup.Config(
        $"  - {{model_name: m, litellm_params: {{model: openai/m, api_base: \"{server.Address}v1\"{verify}}}}}\n",
        "router_settings: {num_retries: 0, disable_cooldowns: true}\n" + rest);

    private static async Task<int> AskAsync(TestGateway gateway)
    {
        using var answer = await gateway.PostAsync(TestGateway.Chat("m", "x"));
        return (int)answer.StatusCode;
    }

    private static async Task<Receiver> StartAsync(X509Certificate2 certificate)
    {
        var server = await Receiver.StartAsync(certificate: certificate);
        server.Answer = asked => Task.FromResult(asked.Method == "POST"
            ? Results.Text("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", "text/event-stream")
            : Results.Text("""{"data":[{"id":"m"}]}""", "application/json"));
        return server;
    }
}
