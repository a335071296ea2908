using OrleansLlm.Bench.Load;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>Loads that are measured on one and the same start of each gateway.</summary>
internal sealed record Scenario(string Name, IReadOnlyList<Cell> Cells)
{
    /// <summary>A scenario's names on the command line, those without a load (start, idle) left out.</summary>
    public static IReadOnlyList<Scenario> WithLoad { get; } =
    [
        new("single", [
            new("c=1", new LoadShape { Users = 1 }),
            new("c=32", new LoadShape { Users = 32 }),
        ]),
        new("streams", [new("c=32 x 100 tokens", new LoadShape { Users = 32, Stream = true, Tokens = 100 })]),
        new("paced", [Paced(10), Paced(200), Paced(1000)]),
        new("queue-users", [new("1000 users, 10 slots", new LoadShape { Users = 1000, OneSlot = true, FirstTokenMs = 20, Tokens = 8 }) { LeadIn = TimeSpan.FromSeconds(3) }]),
        new("prompts", [new("c=4, 100 KB", new LoadShape { Users = 4, PromptBytes = 100_000 })]),
        new("connections", [new("c=500", new LoadShape { Users = 500 })]),
    ];

    /// <summary>The same with next to nothing to do: for a test that it works.</summary>
    public Scenario Smoke() => this with
    {
        Cells = [.. Cells.Select(c => new Cell(c.Name, c.Shape with { Users = Math.Min(c.Shape.Users, 12), FirstTokenMs = Math.Min(c.Shape.FirstTokenMs, 10), GapMs = Math.Min(c.Shape.GapMs, 2) }) { LeadIn = TimeSpan.FromMilliseconds(50) })],
    };

    private static Cell Paced(int open) => new($"{open} open", new LoadShape { Users = open, Stream = true, Tokens = 50, FirstTokenMs = 50, GapMs = 20 });
}

/// <summary>One load: a table of the report.</summary>
internal sealed record Cell(string Name, LoadShape Shape)
{
    /// <summary>From the first request until the measurement begins. At least until the users who begin last have begun.</summary>
    public TimeSpan LeadIn { get; init; } = TimeSpan.FromMilliseconds(500);
}
