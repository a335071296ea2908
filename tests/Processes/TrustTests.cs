using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Processes;

/// <summary>Certificates of backends, as far as a process of its own is needed for it.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-process-").FullName;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheRootsOfTheSystem_AreThoseOfSslCertFile(bool named)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems keep their roots elsewhere");
        using var authority = new Authority();
        using var certificate = authority.Sign();
        await using var server = await StartAsync(certificate);
        var roots = Path.Combine(_folder, "roots.pem");
        await File.WriteAllTextAsync(roots, authority.Pem);
        await using var gateway = GatewayProcessUnderTest.Start(_folder, $"--port 0 --config {await WriteAsync(server, "true")}", named ? [("SSL_CERT_FILE", roots)] : []);
        await gateway.ReadyAsync();

        using var http = new HttpClient { BaseAddress = gateway.Address };
        using var answer = await http.PostAsJsonAsync("/v1/chat/completions", new { model = "m", messages = new[] { new { role = "user", content = "Hello" } } });

        Assert.Equal(named, answer.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("", "UNCHECKED, line 6: model_list[0].litellm_params.ssl_verify: the certificate of this deployment's server is not checked")]
    [InlineData("general_settings: {json_logs: true}\n", "\"CertificateUnchecked\"")]
    public async Task ThatACertificateIsNotChecked_IsSaidByTheStart(string more, string said)
    {
        using var certificate = Authority.SelfSigned();
        await using var server = await StartAsync(certificate);
        await using var gateway = GatewayProcessUnderTest.Start(_folder, $"--port 0 --config {await WriteAsync(server, "false", more)}");
        await gateway.ReadyAsync();
        await Eventually.UntilAsync(() => gateway.Output.Contains(said, StringComparison.Ordinal), "the warning");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> WriteAsync(Receiver server, string verify, string more = "")
    {
        var path = Path.Combine(_folder, "gateway.yaml");
        await File.WriteAllTextAsync(path, $"model_list:\n  - model_name: m\n    litellm_params:\n      model: openai/m\n      api_base: {server.Address}v1\n      ssl_verify: {verify}\nrouter_settings: {{num_retries: 0}}\n{more}");
        return path;
    }

    private static async Task<Receiver> StartAsync(X509Certificate2 certificate)
    {
        var server = await Receiver.StartAsync(certificate: certificate);
        server.Answer = _ => Task.FromResult(Results.Text("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", "text/event-stream"));
        return server;
    }
}
