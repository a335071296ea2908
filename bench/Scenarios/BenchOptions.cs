namespace OrleansLlm.Bench.Scenarios;

/// <summary>The command line of a run.</summary>
internal sealed record BenchOptions
{
    public required string Scenario { get; init; }

    /// <summary>Where the JSON goes; null: nowhere.</summary>
    public string? Out { get; init; }

    /// <summary>A build of the gateway; null: this checkout's, published.</summary>
    public string? Gateway { get; init; }

    /// <summary>Publish one native program.</summary>
    public bool Native { get; init; }

    /// <summary>NAME=URL of gateways that run already.</summary>
    public IReadOnlyList<string> Versus { get; init; } = [];

    /// <summary>Their key.</summary>
    public string VersusKey { get; init; } = "none";

    public bool Nginx { get; init; }

    /// <summary>How the gateway speaks to the simulator: openai or ollama.</summary>
    public string Upstream { get; init; } = "openai";

    public int SimulatorPort { get; init; }

    /// <summary>Each load is measured so often on each target, one target after the other.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How long each time.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Before the first measurement of a gateway: until its code is compiled for good. After 8 s one round was still a quarter slower than the next but one.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an idle gateway is watched.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Only the loads whose name contains this.</summary>
    public string Only { get; init; } = "";

    /// <summary>NAME=VALUE for the gateway's environment.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Whether it works at all, not how fast.</summary>
    public bool Smoke { get; init; }

    public BenchOptions WithSmoke() => !Smoke ? this : this with
    {
        Rounds = 1, Length = TimeSpan.FromMilliseconds(300), WarmUp = TimeSpan.Zero, Idle = TimeSpan.FromMilliseconds(200), Gateway = Gateway ?? AppContext.BaseDirectory,
    };
}
