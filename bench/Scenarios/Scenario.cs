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

    /// <summary>What gets a gateway's code compiled for good: much of it at once, and then what the largest load does.</summary>
    public IEnumerable<Cell> WarmUp =>
        [new("warm-up", Cells[0].Shape with { Users = 32, FirstTokenMs = 0, GapMs = 0 }), Cells[^1] with { Shape = Cells[^1].Shape with { Users = Math.Min(Cells[^1].Shape.Users, 200) } }];

    /// <summary>The same with next to nothing to do: for a test that it works.</summary>
    public Scenario Smoke() => this with { Cells = [.. Cells.Select(c => c with { Shape = Tiny(c.Shape), LeadIn = TimeSpan.FromMilliseconds(20) })] };

    private static LoadShape Tiny(LoadShape shape) => shape with { Users = Math.Min(shape.Users, 12), Tokens = Math.Min(shape.Tokens, 10), FirstTokenMs = Math.Min(shape.FirstTokenMs, 10), GapMs = Math.Min(shape.GapMs, 2) };

    private static Cell Paced(int open) => new($"{open} open", new LoadShape { Users = open, Stream = true, Tokens = 50, FirstTokenMs = 50, GapMs = 20 });
}

/// <summary>One load: a table of the report.</summary>
internal sealed record Cell(string Name, LoadShape Shape)
{
    /// <summary>From the first request until the measurement begins. At least until the users who begin last have begun.</summary>
    public TimeSpan LeadIn { get; init; } = TimeSpan.FromMilliseconds(500);
}
