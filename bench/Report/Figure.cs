namespace OrleansLlm.Bench.Report;

/// <summary>The figures, in the order of the tables. A name is the one in the JSON: for ever.</summary>
/// <param name="Name">With its unit.</param>
/// <param name="Title">In a table.</param>
internal sealed record Figure(string Name, string Title)
{
    /// <summary>What begins so is the difference to the direct way, in the same round.</summary>
    public const string Added = "added_";

    public static readonly Figure RequestsPerSecond = new("requests_per_s", "requests/s");
    public static readonly Figure ChunksPerSecond = new("chunks_per_s", "chunks/s");
    public static readonly Figure[] Latency = Times("latency", "latency");
    public static readonly Figure[] AddedLatency = Times(Added + "latency", "added latency");
    public static readonly Figure[] FirstToken = Times("ttft", "first token");
    public static readonly Figure[] AddedFirstToken = Times(Added + "ttft", "added to first token");
    public static readonly Figure GapP50 = new("gap_p50_ms", "between chunks p50, ms");
    public static readonly Figure GapP99 = new("gap_p99_ms", "between chunks p99, ms");
    public static readonly Figure CpuPerRequest = new("cpu_us_per_request", "CPU/request, us");
    public static readonly Figure CpuPerChunk = new("cpu_us_per_chunk", "CPU/chunk, us");
    public static readonly Figure CpuByNginx = new("cpu_by_nginx", "CPU, nginx = 1");
    public static readonly Figure Cores = new("cores", "cores");
    public static readonly Figure PeakMemory = new("peak_rss_mb", "peak RSS, MB");
    public static readonly Figure Memory = new("rss_mb", "RSS, MB");
    public static readonly Figure AllocatedPerRequest = new("allocated_kb_per_request", "allocated/request, KB");
    public static readonly Figure AllocatedPerChunk = new("allocated_kb_per_chunk", "allocated/chunk, KB");
    public static readonly Figure MostAtOnce = new("most_at_once", "most at once in one slot");
    public static readonly Figure Start = new("start_ms", "start to first answer, ms");
    public static readonly Figure IdleCpu = new("idle_cpu_percent", "idle CPU, %");
    public static readonly Figure Threads = new("threads", "threads");
    public static readonly Figure LoadCores = new("load_cores", "(load generator, cores)");
    public static readonly Figure SimulatorCores = new("simulator_cores", "(simulator, cores)");
    public static readonly Figure Errors = new("errors", "errors");

    public static IReadOnlyList<Figure> All { get; } =
    [
        RequestsPerSecond, ChunksPerSecond, .. Latency, .. AddedLatency, .. FirstToken, .. AddedFirstToken, GapP50, GapP99, CpuPerRequest, CpuPerChunk, CpuByNginx, Cores,
        PeakMemory, Memory, AllocatedPerRequest, AllocatedPerChunk, MostAtOnce, Start, IdleCpu, Threads, LoadCores, SimulatorCores, Errors,
    ];

    private static Figure[] Times(string name, string title) => [.. ((int[])[50, 95, 99]).Select(p => new Figure($"{name}_p{p}_ms", $"{title} p{p}, ms"))];
}
