using System.Text.Json;

namespace OrleansLlm.Tests.Clients.Node;

/// <summary>One suite, run against a gateway of its own in a Node process of its own.</summary>
internal sealed class SuiteRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly string _output;

    private SuiteRun(IReadOnlyDictionary<string, NodeResult> results, string output) => (Results, _output) = (results, output);

    public IReadOnlyDictionary<string, NodeResult> Results { get; }

    public static async Task<SuiteRun> RunAsync(string suite, string provider)
    {
        await using var gateway = await ClientGateway.StartAsync(provider);
        var report = Path.Combine(NodeSuite.Folder, $"{suite}.{provider}.jsonl");
        var ended = await ChildProcess.RunAsync(
            "node",
            ["--test-reporter=./report.mjs", $"--test-reporter-destination={report}", $"{suite}.test.mjs"],
            NodeSuite.Folder,
            Limit,
            ("GATEWAY_URL", Root(gateway.Gateway.Address)), ("GATEWAY_KEY", ClientGateway.Key), ("PROVIDER", provider),
            ("BACKEND_URL", Root(gateway.Backend.BaseAddress)), ("SLOW_URL", Root(gateway.Slow.BaseAddress)),
            ("NO_PROXY", "127.0.0.1"), ("LANGSMITH_TRACING", "false"));
        return new SuiteRun(Read(await File.ReadAllLinesAsync(report)), ended?.Output ?? "");
    }

    /// <summary>Fails with what Node said of it.</summary>
    public void Holds(string claim)
    {
        if (!Results.TryGetValue(claim, out var result)) Assert.Fail($"It did not run.\n{_output}");
        if (result.Failure is { } failure) Assert.Fail(failure);
    }

    private static Dictionary<string, NodeResult> Read(string[] lines) => lines.Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(
        line => line.GetProperty("name").GetString()!,
        line => new NodeResult(line.GetProperty("failure").GetString()),
        StringComparer.Ordinal);

    private static string Root(Uri address) => address.ToString().TrimEnd('/');
}
