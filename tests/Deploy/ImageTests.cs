using System.Xml.Linq;
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

    /// <summary>Only where a proxy of ours writes it may a header say who the client is: whoever chooses it escapes the limit on failed logins.</summary>
    [Theory]
    [InlineData("deploy/gateway.yaml", true)]
    [InlineData("deploy/single.yaml", false)]
    public void AConfigurationOfDeploy_LoadsWithoutAWord(string file, bool behindProxy)
    {
        var (catalog, report) = ConfigLoader.Load(Checkout.Read(file), name => name.StartsWith("OTEL_", StringComparison.Ordinal) ? null : "sk-1");
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
