using OrleansLlm.Silo.Configuration;

namespace OrleansLlm.Tests.Configuration;

/// <summary>A file that stands for more than a process can hold is an error, and not the end of the process.</summary>
public class YamlBoundsTests
{
    [Fact]
    public void AliasesThatMultiply_AreAnErrorBeforeTheyDo()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("more than 1000000 values", Error(bomb), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    public void BracketsWithinBrackets_AreAnErrorAndNoStackOverflow(string open, string close) =>
        Assert.Contains("nested deeper than 100 levels", Error("a: " + string.Concat(Enumerable.Repeat(open, 100_000)) + string.Concat(Enumerable.Repeat(close, 100_000))), StringComparison.Ordinal);

    [Fact]
    public void IndentationWithinIndentation_IsAnErrorAsWell() =>
        Assert.Contains("nested deeper than 100 levels", Error(string.Concat(Enumerable.Range(0, 200).Select(i => new string(' ', i) + "a:\n"))), StringComparison.Ordinal);

    [Fact]
    public void AliasesThatNest_CountAsWhatTheyStandFor() => Assert.Contains(
        "nested deeper than 100 levels", Error("a0: &a0 x\n" + string.Concat(Enumerable.Range(1, 1000).Select(i => $"a{i}: &a{i} [*a{i - 1}]\n"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("a: &a [*a]")]
    [InlineData("a: &a {b: [x, {c: *a}]}")]
    public void AnAliasToItself_IsAnError(string yaml) => Assert.Contains("refer to themselves", Error(yaml), StringComparison.Ordinal);

    [Fact]
    public void AliasesAsPeopleUseThem_AreExpanded()
    {
        var (catalog, report) = ConfigLoader.Load("""
            model_list:
              - model_name: a
                litellm_params: &same {model: ollama/x, api_base: "http://localhost:1"}
              - {model_name: b, litellm_params: *same}
            """, _ => null);
        Assert.False(report.HasErrors);
        Assert.Equal(["a", "b"], catalog.Groups.Select(g => g.Name));
    }

    private static string Error(string yaml)
    {
        var (_, report) = ConfigLoader.Load(yaml, _ => null);
        return report.Findings.First(f => f.Kind == FindingKind.Error).Text ?? "";
    }
}
