using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using OrleansLlm.Silo.Configuration;
using OrleansLlm.Silo.Hosting;
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
        var (exit, services, errors) = await ConfigAsync(client, "LITELLM_MASTER_KEY=sk-1\nREDIS_PASSWORD=secret\nPOSTGRES_PASSWORD=secret\n", "--profile single --profile monitoring", "--services");
        Assert.True(exit == 0, errors);
        Assert.Equal(
            ["api", "door", "grafana", "ollama1", "ollama2", "postgres", "probes", "prometheus", "redis", "silo", "single"],
            services.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Theory]
    [InlineData("LITELLM_MASTER_KEY")]
    [InlineData("REDIS_PASSWORD")]
    [InlineData("POSTGRES_PASSWORD")]
    public async Task WithoutASecret_ItSaysWhichOneIsMissing(string secret)
    {
        var client = await ClientAsync();
        var others = string.Concat(new[] { "LITELLM_MASTER_KEY", "REDIS_PASSWORD", "POSTGRES_PASSWORD" }.Where(s => s != secret).Select(s => $"{s}=x\n"));
        var (exit, _, errors) = await ConfigAsync(client, others, "", "");
        Assert.NotEqual(0, exit);
        Assert.Contains($"{secret} is missing from .env", errors, StringComparison.Ordinal);
    }

    /// <summary>A front end has no rows of its own: without a database in common, usage and spend would be empty for ever.</summary>
    [Fact]
    public void TheNodesOfTheCluster_KeepOneLedger()
    {
        var compose = Load();
        var services = (YamlMappingNode)compose["services"];
        var environment = ((YamlMappingNode)compose["x-gateway"]["environment"]).Children.ToDictionary(v => ((YamlScalarNode)v.Key).Value!, v => ((YamlScalarNode)v.Value).Value!);
        Assert.Equal("${POSTGRES_PASSWORD:?POSTGRES_PASSWORD is missing from .env}", environment["PGPASSWORD"]);
        var (catalog, report) = ConfigLoader.Load(Checkout.Read("deploy/gateway.yaml"), environment.GetValueOrDefault);
        Assert.False(report.HasErrors);
        var ledger = new System.Data.Common.DbConnectionStringBuilder { ConnectionString = catalog.Settings.Ledger.Postgres };
        var database = services[(string)ledger["Host"]];
        Assert.Equal((database["environment"]["POSTGRES_USER"], database["environment"]["POSTGRES_DB"]), ((YamlNode)(string)ledger["Username"], (YamlNode)(string)ledger["Database"]));
        Assert.Equal(environment["PGPASSWORD"], database["environment"]["POSTGRES_PASSWORD"]);
        Assert.Contains("pg_isready", database["healthcheck"]["test"].ToString(), StringComparison.Ordinal);
        Assert.Equal("service_healthy", services["silo"]["depends_on"][(string)ledger["Host"]]["condition"]);
        // What they keep outlives their containers.
        foreach (var (service, path) in ((string, string)[])[("postgres", "/var/lib/postgresql/data"), ("silo", "/data")])
        {
            var mount = ((YamlSequenceNode)services[service]["volumes"]).Children.Select(v => ((YamlScalarNode)v).Value!.Split(':')).Single(v => v[1] == path);
            Assert.True(((YamlMappingNode)compose["volumes"]).Children.ContainsKey(mount[0]), mount[0]);
        }
    }

    /// <summary>An editor puts a new file in the place of the old one; a container in which the file alone is mounted keeps the old one.</summary>
    [Theory]
    [InlineData("x-gateway", "deploy/gateway.yaml")]
    [InlineData("silo", "deploy/gateway.yaml")]
    [InlineData("single", "deploy/single.yaml")]
    public void ANode_SeesEachChangeOfItsConfiguration(string service, string file)
    {
        var compose = Load();
        // A list of mounts replaces that of all nodes.
        var node = service == "x-gateway" ? compose[service] : compose["services"][service];
        var mount = ((YamlSequenceNode)node["volumes"]).Children.Select(v => ((YamlScalarNode)v).Value!.Split(':')).Single(v => v[1].StartsWith("/etc/orleansllm", StringComparison.Ordinal));
        Assert.True(Directory.Exists(Checkout.PathOf(mount[0])), mount[0]);
        var path = node is YamlMappingNode map && map.Children.TryGetValue("environment", out var own) && ((YamlMappingNode)own).Children.TryGetValue("CONFIG_FILE_PATH", out var named)
            ? ((YamlScalarNode)named).Value!
            : "/etc/orleansllm/gateway.yaml";
        Assert.Equal(Checkout.PathOf(file), Path.GetFullPath(Checkout.PathOf(Path.Combine(mount[0], Path.GetRelativePath(mount[1], path)))));
    }

    /// <summary>Who is killed before the longest drain is over cuts the answers off that pass it, and it is the door that compose stops first.</summary>
    [Fact]
    public void WhateverAnswersPass_HasTheTimeToFinishThem()
    {
        var compose = Load();
        var settings = ConfigLoader.Load(Checkout.Read("deploy/gateway.yaml"), _ => "x").Catalog.Settings;
        var stop = settings.StopDelay + settings.DrainTimeout + OrderlyStop.Reserve + OrderlyStop.EnginesGrace;
        foreach (var service in (YamlNode[])[compose["x-gateway"], compose["services"]["door"]])
        {
            var grace = ((YamlMappingNode)service).Children.TryGetValue("stop_grace_period", out var value) ? ((YamlScalarNode)value).Value! : "10s";
            Assert.True(TimeSpan.FromSeconds(int.Parse(grace.TrimEnd('s'), CultureInfo.InvariantCulture)) > stop, $"{service["image"]}: {grace}");
        }
    }

    /// <summary>Prometheus asks for no password, and Grafana's is known to everybody until it is set.</summary>
    [Theory]
    [InlineData("prometheus")]
    [InlineData("grafana")]
    public void WhatWatches_IsReachedFromThisMachineOnly(string service)
    {
        var ports = ((YamlSequenceNode)Load()["services"][service]["ports"]).Children.Select(p => ((YamlScalarNode)p).Value!).ToList();
        Assert.NotEmpty(ports);
        Assert.All(ports, p => Assert.StartsWith("${MONITORING_ADDRESS:-127.0.0.1}:", p, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryFileItMounts_IsThere()
    {
        var mounts = Load().AllNodes.OfType<YamlScalarNode>().Select(n => n.Value!).Where(v => v.StartsWith("./deploy", StringComparison.Ordinal)).Distinct().ToList();
        Assert.True(mounts.Count >= 5, "the mounts were found");
        Assert.All(mounts, m => Assert.True(Path.Exists(Checkout.PathOf(m.Split(':')[0])), m));
    }

    private static YamlNode Load()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Checkout.Read("docker-compose.yml")));
        return yaml.Documents[0].RootNode;
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
        foreach (var name in (string[])["LITELLM_MASTER_KEY", "REDIS_PASSWORD", "POSTGRES_PASSWORD", "DEEPSEEK_API_KEY"]) start.Environment.Remove(name);
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
