using System.ComponentModel;
using System.Diagnostics;
using YamlDotNet.RepresentationModel;

namespace OrleansLlm.Tests.Deploy;

/// <summary>docker-compose.yml, as the client of the machine reads it. Skipped where there is none.</summary>
public sealed class ComposeTests : IDisposable
{
    private static readonly string[] Clients = ["docker compose", "docker-compose"];

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-compose-").FullName;

    [Fact]
    public async Task WithItsSecrets_ItIsValidInEveryProfile()
    {
        var client = await ClientAsync();
        var (exit, services, errors) = await ConfigAsync(client, "LITELLM_MASTER_KEY=sk-1\nREDIS_PASSWORD=secret\n", "--profile single --profile monitoring", "--services");
        Assert.True(exit == 0, errors);
        Assert.Equal(
            ["api", "door", "grafana", "ollama1", "ollama2", "probes", "prometheus", "redis", "silo", "single"],
            services.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Theory]
    [InlineData("LITELLM_MASTER_KEY")]
    [InlineData("REDIS_PASSWORD")]
    public async Task WithoutASecret_ItSaysWhichOneIsMissing(string secret)
    {
        var client = await ClientAsync();
        var others = string.Concat(new[] { "LITELLM_MASTER_KEY", "REDIS_PASSWORD" }.Where(s => s != secret).Select(s => $"{s}=x\n"));
        var (exit, _, errors) = await ConfigAsync(client, others, "", "");
        Assert.NotEqual(0, exit);
        Assert.Contains($"{secret} is missing from .env", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryFileItMounts_IsThere()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Checkout.Read("docker-compose.yml")));
        var mounts = yaml.Documents[0].AllNodes.OfType<YamlScalarNode>().Select(n => n.Value!).Where(v => v.StartsWith("./deploy/", StringComparison.Ordinal)).Distinct().ToList();
        Assert.True(mounts.Count >= 5, "the mounts were found");
        Assert.All(mounts, m => Assert.True(File.Exists(Checkout.PathOf(m.Split(':')[0])), m));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(int Exit, string Output, string Errors)> ConfigAsync(string client, string secrets, string profiles, string what)
    {
        var file = Path.Combine(_folder, ".env");
        await File.WriteAllTextAsync(file, secrets);
        return await RunAsync($"{client} --file \"{Checkout.PathOf("docker-compose.yml")}\" --env-file \"{file}\" {profiles} config {what}");
    }

    private static async Task<string> ClientAsync()
    {
        foreach (var client in Clients)
        {
            if ((await RunAsync(client + " version")).Exit == 0) return client;
        }

        Assert.Skip("no docker compose on this machine");
        return "";
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(string line)
    {
        var words = line.Split(' ', 2);
        var start = new ProcessStartInfo(words[0], words[1]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in (string[])["LITELLM_MASTER_KEY", "REDIS_PASSWORD", "DEEPSEEK_API_KEY"]) start.Environment.Remove(name);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, await output, await errors);
        }
        catch (Win32Exception e)
        {
            return (-1, "", e.Message);
        }
    }
}
