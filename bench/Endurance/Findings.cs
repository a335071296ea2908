namespace OrleansLlm.Bench.Endurance;

/// <summary>What was asked of a run, and whether it was so.</summary>
internal sealed class Findings
{
    /// <summary>As long as something that comes true by itself is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<(bool Holds, string Text)> _all = [];

    public bool Hold => _all.TrueForAll(f => f.Holds);

    public IReadOnlyList<(bool Holds, string Text)> All => _all;

    public void Add(bool holds, string text) => _all.Add((holds, text));

    /// <summary>Waits for something that is to come true by itself.</summary>
    public async Task AddAsync(Func<Task<(bool Holds, string Text)>> look)
    {
        var began = TimeProvider.System.GetTimestamp();
        (bool Holds, string Text) found;
        while (!(found = await look()).Holds && TimeProvider.System.GetElapsedTime(began) < Patience) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        Add(found.Holds, found.Text);
    }

    public override string ToString() => string.Join('\n', _all.Select(f => $"{(f.Holds ? "ok  " : "FAIL")}  {f.Text}"));
}
