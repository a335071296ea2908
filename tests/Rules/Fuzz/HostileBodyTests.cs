using System.Text;
using OrleansLlm.Bench.Fuzz.Corpus;
using OrleansLlm.Bench.Fuzz.Rules;

namespace OrleansLlm.Tests.Rules.Fuzz;

/// <summary>What a body costs grows with its length and not with its square, whatever it says: otherwise a client of a few requests would stop everybody's.</summary>
public class HostileBodyTests
{
    /// <summary>Bytes of a body. Whatever is done for each of its elements with all of it would take gigabytes, of which the rule allows a thousand bytes for each.</summary>
    private const int Size = 200_000;

    public static TheoryData<string> Names => [.. HostileSeeds.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void ABody_CostsNoMoreThanItsLength_AtItsDoorAndInEveryDialect(string name)
    {
        var (path, of) = HostileSeeds.All[name];
        using var rule = new RequestRule();
        Assert.Null(rule.Try(path, Encoding.UTF8.GetBytes(of(Size))));
    }
}
