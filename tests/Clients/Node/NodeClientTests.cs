namespace OrleansLlm.Tests.Clients.Node;

/// <summary>Every test of every suite under node/, for each provider. A new suite is a new file there, a new test a line in it.</summary>
public class NodeClientTests(NodeRuns runs) : IClassFixture<NodeRuns>
{
    public static TheoryData<string, string, string> Claims
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var (suite, provider) in Runs.Select(row => row.Data))
            {
                foreach (var claim in NodeSuite.Claims(suite)) rows.Add(suite, provider, claim);
            }

            return rows;
        }
    }

    public static TheoryData<string, string> Runs
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var suite in NodeSuite.Names)
            {
                foreach (var provider in ClientGateway.Providers) rows.Add(suite, provider);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task Client(string suite, string provider, string claim) => (await runs.OfAsync(suite, provider)).Holds(claim);

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task EveryTestOfAFile_IsATestHere(string suite, string provider) =>
        Assert.Equal(NodeSuite.Claims(suite).Order(StringComparer.Ordinal), (await runs.OfAsync(suite, provider)).Results.Keys.Order(StringComparer.Ordinal));
}
