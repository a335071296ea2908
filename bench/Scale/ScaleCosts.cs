namespace OrleansLlm.Bench.Scale;

/// <summary>What the parts cost, in microseconds of a core; docs/scale.md says where each figure is from, and which are assumed.</summary>
internal sealed record ScaleCosts
{
    /// <summary>A chunk from the backend to the client, within one silo.</summary>
    public double Chunk { get; init; } = 40;

    /// <summary>A request without its chunks and its calls to other silos.</summary>
    public double Request { get; init; } = 300;

    /// <summary>A call between silos, on each of the two.</summary>
    public double CallOnEachSide { get; init; } = 20;

    public double CallWithin { get; init; } = 6;

    /// <summary>A turn of a grain that counts: one after the other, however many cores there are.</summary>
    public double Turn { get; init; } = 45;

    /// <summary>Rows that one PostgreSQL stores.</summary>
    public double LedgerRowsPerSecond { get; init; } = 5000;

    /// <summary>The part of the spool that one silo has, in rows.</summary>
    public double SpoolRowsPerSilo { get; init; } = 256e6 / 500;
}

/// <summary>What is simulated.</summary>
internal sealed record ScaleSetting
{
    public int Silos { get; init; } = 10;

    public int CoresPerSilo { get; init; } = 12;

    public int Backends { get; init; } = 1000;

    public int SlotsPerBackend { get; init; } = 100;

    /// <summary>Streams that are open on average, as long as there are slots for them.</summary>
    public int Streams { get; init; } = 100_000;

    public int ChunksPerStream { get; init; } = 300;

    public double ChunksPerSecond { get; init; } = 20;

    /// <summary>Whether every request is counted by one grain for all.</summary>
    public bool LimitOfAll { get; init; }

    /// <summary>Backends that are asked how they are, before one is tried.</summary>
    public int Asked { get; init; } = 32;

    /// <summary>Seconds that are simulated; streams are under way when it begins.</summary>
    public double Seconds { get; init; } = 6;

    /// <summary>When a silo dies, in seconds; null: none does.</summary>
    public double? DeathAt { get; init; }

    /// <summary>Seconds until the others know, and its grains live elsewhere.</summary>
    public double DeathUnknownFor { get; init; } = 12;

    /// <summary>Seconds until the slots of its streams are taken back.</summary>
    public double Lease { get; init; } = 15;

    public double RequestsPerSecond => Streams / (ChunksPerStream / ChunksPerSecond);
}
