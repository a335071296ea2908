using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>What the scenarios of a run share.</summary>
/// <param name="Kinds">Gateways that the bench starts, anew for each scenario.</param>
/// <param name="Others">Those that run already.</param>
internal sealed record Setting(BenchOptions Options, BenchUpstream Upstream, IReadOnlyList<IGatewayKind> Kinds, IReadOnlyList<Target> Others, string Folder, TextWriter Progress)
{
    private int _started;

    /// <summary>Starts one in an empty folder, as on its first day.</summary>
    public Launched Launch(IGatewayKind kind) => kind.Launch(Directory.CreateDirectory(Path.Combine(Folder, $"{kind.Name}-{++_started}")).FullName);

    /// <summary>Starts one and waits for its first answer.</summary>
    public async Task<Target> StartAsync(IGatewayKind kind)
    {
        var launched = Launch(kind);
        await FirstAnswer.WaitAsync(launched);
        return await kind.ReadyAsync(launched);
    }
}
