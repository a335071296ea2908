using System.Text.RegularExpressions;

namespace OrleansLlm.Tests.Deploy;

/// <summary>Whoever alerts on an event by its number gets that event alone.</summary>
public sealed partial class EventIdTests
{
    private static readonly string[] Projects = ["Api", "Grains", "Providers", "Ledger", "Silo", "Embedded"];

    [Fact]
    public void NoTwoLogMessages_HaveTheSameNumber()
    {
        var ids = Projects
            .SelectMany(p => Directory.EnumerateFiles(Checkout.PathOf(p), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => EventId().Matches(File.ReadAllText(file)).Select(m => (Id: m.Groups[1].Value, Name: m.Groups[2].Value)))
            .ToList();
        Assert.True(ids.Count >= 40, "the log messages were found");
        Assert.Empty(ids.GroupBy(e => e.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(e => e.Name))}"));
    }

    /// <summary>Whoever looks in the log for a name that the documentation has finds it.</summary>
    [Fact]
    public void EveryEventThatIsToBeWatched_IsOneThatIsLogged()
    {
        var logged = Projects.Append("Telemetry")
            .SelectMany(p => Directory.EnumerateFiles(Checkout.PathOf(p), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => EventId().Matches(File.ReadAllText(file)).Select(m => m.Groups[2].Value))
            .ToHashSet();
        var named = Checkout.Read("docs/operations.md").Split('\n')
            .Where(line => line.Contains("event", StringComparison.OrdinalIgnoreCase) || line.Contains("`InferenceLost`", StringComparison.Ordinal))
            .SelectMany(line => EventName().Matches(line).Select(m => m.Groups[1].Value))
            .ToList();
        Assert.True(named.Count > 20, "the names were found");
        Assert.Empty(named.Except(logged));
    }

    [GeneratedRegex("`((?:[A-Z][a-z]+){2,})`")]
    private static partial Regex EventName();

    [GeneratedRegex("EventId = ([0-9]+), EventName = \"([A-Za-z]+)\"")]
    private static partial Regex EventId();
}
