using System.Globalization;
using System.Text.Json;
using OrleansLlm.Bench.Gateways;

namespace OrleansLlm.Bench.Endurance;

/// <summary>What a gateway says of itself: the few lines of /metrics that count here, and its backends' slots.</summary>
internal static class Vitals
{
    /// <summary>What must not grow, by its name in /metrics, with its unit here.</summary>
    public static readonly (string Metric, string Name, double Unit)[] Watched =
    [
        ("process_resident_memory_bytes", "RSS, MB", 1e6),
        ("dotnet_gc_last_collection_heap_size", "heap after the last collection, MB", 1e6),
        ("process_open_fds", "open files and sockets", 1),
        ("process_num_threads", "threads", 1),
        ("dotnet_timer_count", "timers", 1),
        ("orleansllm_grains", "grains", 1),
    ];

    /// <summary>Each metric, summed over its series.</summary>
    public static async Task<Dictionary<string, double>> ReadAsync(HttpClient gateway)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in (await gateway.GetStringAsync("/metrics")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#'))
        {
            var name = line[..line.IndexOfAny(['{', ' '])];
            sums[name] = sums.GetValueOrDefault(name) + double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }

        return sums;
    }

    /// <returns>Requests that hold a slot, and that wait for one, over all backends; 1 and 0 when one of them cannot be asked.</returns>
    public static async Task<(int Running, int Waiting)> SlotsAsync(HttpClient gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/backend/list");
        request.Headers.Authorization = new("Bearer", BenchGateway.Master);
        using var answer = await gateway.SendAsync(request);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var backends = json.RootElement.GetProperty("data").EnumerateArray().ToList();
        return (Sum("running", 1), Sum("waiting", 0));

        int Sum(string name, int unknown) => backends.Sum(b => b.TryGetProperty(name, out var number) ? number.GetInt32() : unknown);
    }
}
