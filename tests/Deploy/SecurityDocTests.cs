using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OrleansLlm.Tests.Deploy;

/// <summary>docs/security.md claims nothing that no test proves, and lists every package.</summary>
public sealed partial class SecurityDocTests
{
    private static readonly string Text = Checkout.Read("docs/security.md");

    [Fact]
    public void EveryTestThatIsNamed_IsThere()
    {
        var sources = Directory.EnumerateFiles(Checkout.PathOf("tests"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText);
        var named = Named().Matches(Text).Select(m => (Class: m.Groups[1].Value, Method: m.Groups[2].Value)).ToList();
        Assert.True(named.Count >= 60, "the claims were found");
        Assert.Empty(named.Where(n => !sources[n.Class].Any(source => source.Contains($" {n.Method}(", StringComparison.Ordinal))).Select(n => $"{n.Class}.{n.Method}"));
    }

    [Fact]
    public void EveryClaim_NamesATest()
    {
        var claims = Text.Split('\n').SkipWhile(l => !l.StartsWith("## Connections", StringComparison.Ordinal)).TakeWhile(l => !l.StartsWith("## Packages", StringComparison.Ordinal))
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("| claim ", StringComparison.Ordinal));
        Assert.All(claims, c => Assert.Matches(Named(), c));
    }

    [Fact]
    public void TheTableOfPackages_IsThatOfTheBuild()
    {
        var packages = XDocument.Parse(Checkout.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .Select(p => $"| `{p.Attribute("Include")!.Value}` | {p.Attribute("Version")!.Value} | {p.Parent!.Attribute("Label")!.Value} |");
        var table = Text[Text.IndexOf("## Packages", StringComparison.Ordinal)..].Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(packages, table);
    }

    [GeneratedRegex("`([A-Za-z]+Tests)\\.([A-Za-z0-9_]+)`")]
    private static partial Regex Named();
}
