using OrleansLlm.Bench.Fuzz.Rules;

namespace OrleansLlm.Tests.Rules.Fuzz;

/// <summary>A little of <c>bench -- fuzz</c>, always the same, of what needs no socket.</summary>
public class RuleFuzzTests
{
    private const int Seed = 8;
    private const int Cases = 2_000;

    [Fact]
    public async Task AMutatedRequest_IsRefusedByItsDoor_OrCanBeSaidInEveryDialect()
    {
        using var rule = new RequestRule();
        await NothingIsFoundAsync(rule);
    }

    [Fact]
    public async Task AMutatedAnswer_IsAnUpstreamFailure_OrCanBeSaidByEveryDoor()
    {
        using var rule = new AnswerRule();
        await NothingIsFoundAsync(rule);
    }

    private static async Task NothingIsFoundAsync(IRule rule)
    {
        var fuzz = new RuleFuzz(rule, Seed);
        await fuzz.RunAsync(0, Cases, workers: 1);
        Assert.Empty(fuzz.Found.Select(f => $"case {f.Number}: {f.What}\n{f.Case}"));
    }
}
