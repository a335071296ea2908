using System.Xml.Linq;
using OrleansLlm.Silo.CommandLine;
using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Deploy;

/// <summary>What can be said of the image without building it.</summary>
public sealed class ImageTests
{
    private static readonly string Dockerfile = Checkout.Read("Dockerfile");

    [Fact]
    public void EveryProjectOfTheGateway_IsRestoredBeforeTheCodeIsCopied()
    {
        var missing = Reach("Silo/Silo.csproj").Where(p => !Dockerfile.Contains($"COPY {p} ", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void ItIsCompiledAhead()
    {
        foreach (var command in (string[])["RUN dotnet restore ", "RUN dotnet publish "])
        {
            var line = Dockerfile.Split('\n').Single(l => l.StartsWith(command, StringComparison.Ordinal));
            Assert.Contains(" --use-current-runtime ", line, StringComparison.Ordinal);
            Assert.Contains(" -p:PublishReadyToRun=true", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ItRunsWithoutRightsAndIsChecked()
    {
        Assert.Contains("\nUSER $APP_UID\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("\nHEALTHCHECK ", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("""CMD ["dotnet", "OrleansLlm.Silo.dll", "health"]""", Dockerfile, StringComparison.Ordinal);
    }

    /// <summary>A working folder is made for the base image's user; one that is copied before it is root's.</summary>
    [Fact]
    public void WhoRunsTheProgram_CannotChangeIt()
    {
        var last = Dockerfile[Dockerfile.LastIndexOf("\nFROM ", StringComparison.Ordinal)..];
        var copied = last.IndexOf("\nCOPY --from=build /app /app\n", StringComparison.Ordinal);
        Assert.True(copied >= 0 && copied < last.IndexOf("\nWORKDIR /app\n", StringComparison.Ordinal));
    }

    /// <summary>What the build does not read costs it its cache, and secrets are none of its business.</summary>
    [Theory]
    [InlineData("**/.env")]
    [InlineData("**/.env.*")]
    [InlineData("deploy")]
    [InlineData("data")]
    public void WhatTheBuildDoesNotRead_IsNotGivenToIt(string pattern) => Assert.Contains(pattern, Checkout.Read(".dockerignore").Split('\n'));

    /// <summary>What LiteLLM's users have as the command of their container replaces ours.</summary>
    [Theory]
    [InlineData("", "", "/etc/orleansllm/gateway.yaml", 4000)]
    [InlineData("--config /app/config.yaml --port 4000 --num_workers 4 --detailed_debug", "", "/app/config.yaml", 4000)]
    [InlineData("--num_workers 4", "LITELLM_CONFIG_PATH=/app/config.yaml PORT=8000", "/app/config.yaml", 8000)]
    [InlineData("", "CONFIG_FILE_PATH=/app/config.yaml", "/app/config.yaml", 4000)]
    public void WhateverItsCommandIs_ItIsReachedFromOutsideAndKeepsItsState(string command, string variables, string config, int port)
    {
        Assert.DoesNotContain("\nCMD ", Dockerfile, StringComparison.Ordinal);
        var line = Dockerfile.Split('\n').Single(l => l.StartsWith("ENV ", StringComparison.Ordinal))[4..];
        var environment = $"{line} {variables}".Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);
        var options = GatewayCommand.Options(GatewayCommand.Create().Parse(command), name => environment.GetValueOrDefault(name));
        Assert.Equal((config, port, "0.0.0.0", "/data"), (options.ConfigPath, options.Port, options.Host, options.DataFolder));
    }

    /// <summary>Nobody reaches the loopback of a container; elsewhere nothing is open that nobody has opened.</summary>
    [Theory]
    [InlineData("", "localhost")]
    [InlineData("DOTNET_RUNNING_IN_CONTAINER=true", "*")]
    [InlineData("DOTNET_RUNNING_IN_CONTAINER=true HOST=127.0.0.1", "127.0.0.1")]
    [InlineData("HOST=0.0.0.0", "0.0.0.0")]
    [InlineData("HOST=the-name-of-this-machine", "localhost")]
    public void WithoutAHost_ItListensWhereItIsMeantToBeReached(string variables, string host)
    {
        var environment = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);
        Assert.Equal(host, GatewayCommand.Options(GatewayCommand.Create().Parse("--port 0"), name => environment.GetValueOrDefault(name)).Host);
    }

    /// <summary>Only where a proxy of ours writes it may a header say who the client is: whoever chooses it escapes the limit on failed logins.</summary>
    [Theory]
    [InlineData("deploy/gateway.yaml", true)]
    [InlineData("deploy/single.yaml", false)]
    public void AConfigurationOfDeploy_LoadsWithoutAWord(string file, bool behindProxy)
    {
        var (catalog, report) = ConfigLoader.Load(Checkout.Read(file), name =>
            name.StartsWith("OTEL_", StringComparison.Ordinal) || name is "LITELLM_CORS_ORIGINS" or "SSL_VERIFY" ? null : name == "DATABASE_URL" ? file.EndsWith("gateway.yaml", StringComparison.Ordinal) ? "postgresql://gateway@db/ledger" : null : "sk-1");
        Assert.Equal(behindProxy, catalog.Settings.Access.TrustForwardedFor);
        Assert.Empty(report.Findings.Where(f => f.Kind is not FindingKind.Honoured).Select(f => $"{f.Path}: {f.Text}"));
        Assert.Equal(2, catalog.Backends.Count);
        Assert.All(catalog.Backends.Values, b => Assert.Equal(1, b.Slots));
    }

    /// <summary>A project and all that it refers to, on either engine.</summary>
    private static HashSet<string> Reach(string project)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>([project]);
        while (open.TryDequeue(out var next))
        {
            if (!reached.Add(next)) continue;
            foreach (var reference in XDocument.Parse(Checkout.Read(next)).Descendants("ProjectReference").Select(r => r.Attribute("Include")!.Value))
            {
                var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Checkout.PathOf(next))!, reference));
                open.Enqueue(Path.GetRelativePath(Checkout.PathOf("."), path).Replace('\\', '/'));
            }
        }

        return reached;
    }
}
