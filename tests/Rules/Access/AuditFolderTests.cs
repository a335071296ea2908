using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Api.Audit;
using OrleansLlm.Catalog;
using OrleansLlm.Tests.Rules.Doors;

namespace OrleansLlm.Tests.Rules.Access;

/// <summary>Several processes of one machine write down what was done in one folder.</summary>
public sealed class AuditFolderTests : IDisposable
{
    private const int Lines = 40;

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-audit-").FullName;

    [Fact]
    public void TwoProcesses_ShareAFolder_AndLoseNoLine()
    {
        using (var one = Open())
        using (var two = Open())
        {
            for (var i = 0; i < Lines; i++)
            {
                one.Write(Entry("one", i));
                two.Write(Entry("two", i));
                two.Write(Entry("two", i) with { Action = AuditEntry.Login });
                one.Write(Entry("one", i) with { Action = AuditEntry.Login });
            }
        }

        var expected = from who in (string[])["one", "two"] from i in Enumerable.Range(0, Lines) select $"{who} {i}";
        Assert.Equal(expected.Order(StringComparer.Ordinal), Targets("audit*.log*"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), Targets("logins*.log*"));
        // They have been full, and more than once.
        Assert.All(["audit.log.2", "audit-2.log.2", "logins.log.2", "logins-2.log.2"], name => Assert.True(File.Exists(Path.Combine(_folder, name)), name));
    }

    [Fact]
    public void TheNextProcess_GoesOnWhereOneThatIsGoneLeftOff()
    {
        var one = Open();
        one.Write(Entry("one", 0));
        using var two = Open();
        two.Write(Entry("two", 0));
        one.Dispose();
        using (var three = Open()) three.Write(Entry("three", 0));
        Assert.Equal(["one 0", "three 0"], Targets("audit.log"));
        Assert.Equal(["two 0"], Targets("audit-2.log"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static AuditEntry Entry(string who, int number) => new("key.block", who, $"{who} {number}", "127.0.0.1", "made", "r");

    private FileAuditLog Open()
    {
        var settings = new GatewaySettings { Audit = new AuditOptions { MaxBytes = 1000, Files = 100 } };
        return new FileAuditLog(
            new AuditFolder(_folder), new DoorUnderTest.FixedCatalog(new GatewayCatalog([], [], new RoutingOptions(), settings)), TimeProvider.System, NullLogger<FileAuditLog>.Instance);
    }

    private IEnumerable<string> Targets(string pattern) => Directory.GetFiles(_folder, pattern).SelectMany(File.ReadAllLines)
        .Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("target").GetString()!).Order(StringComparer.Ordinal);
}
