using System.Globalization;
using System.Text.Json;

namespace OrleansLlm.Silo.CommandLine;

/// <summary>The answer of <c>/ui/api/backends</c> as aligned lines, and who waits beneath each backend.</summary>
internal static class StatusTable
{
    private const int MostWaiters = 5;

    private static readonly string[] Heads = ["BACKEND", "STATE", "RUNNING", "WAITING", "TOKENS/S", "FIRST p50", "p95", "SERVED", "FAILED", "NODE"];

    public static void Print(JsonElement answer, TextWriter output)
    {
        var backends = answer.GetProperty("data").EnumerateArray().ToList();
        var rows = backends.Select(Row).Prepend(Heads).ToList();
        var widths = Heads.Select((_, i) => rows.Max(r => r[i].Length)).ToArray();
        output.WriteLine(Line(Heads, widths));
        for (var i = 0; i < backends.Count; i++)
        {
            output.WriteLine(Line(rows[i + 1], widths));
            var queue = backends[i].GetProperty("queue");
            foreach (var waiter in queue.EnumerateArray().Take(MostWaiters))
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {waiter.GetProperty("position").GetInt32()}. {Text(waiter, "key") ?? Text(waiter, "user")}, priority {waiter.GetProperty("priority").GetInt32()}, for {waiter.GetProperty("age_ms").GetDouble() / 1000:F0} s"));
            }

            var more = backends[i].GetProperty("waiting").GetInt32() - Math.Min(MostWaiters, queue.GetArrayLength());
            if (more > 0) output.WriteLine($"  and {more} more");
        }

        if (backends.Count == 0) output.WriteLine("No backends.");
    }

    private static string[] Row(JsonElement b) =>
    [
        Text(b, "backend")! + (b.GetProperty("simulated").GetBoolean() ? " (simulated)" : ""),
        State(b),
        $"{b.GetProperty("running").GetInt32()}/{b.GetProperty("slots").GetInt32()}",
        Whole(b, "waiting"),
        b.GetProperty("tokens_per_second").GetDouble().ToString("F1", CultureInfo.InvariantCulture),
        Time(b, "first_token_p50_ms"),
        Time(b, "first_token_p95_ms"),
        Whole(b, "served"),
        Whole(b, "failed"),
        Text(b, "node")!,
    ];

    private static string State(JsonElement b)
    {
        if (b.GetProperty("draining").GetBoolean()) return "draining";
        var circuit = Text(b, "circuit")!;
        if (circuit == "open" && b.GetProperty("half_open_in_ms") is { ValueKind: JsonValueKind.Number } wait) return string.Create(CultureInfo.InvariantCulture, $"open, {wait.GetDouble() / 1000:F0} s");
        if (circuit != "closed") return circuit.Replace('_', ' ');
        return Text(b, "health") == "down" ? "down" : "well";
    }

    private static string Whole(JsonElement b, string name) => b.GetProperty(name).GetInt64().ToString(CultureInfo.InvariantCulture);

    private static string Time(JsonElement b, string name)
    {
        if (b.GetProperty(name) is not { ValueKind: JsonValueKind.Number } value) return "-";
        var ms = value.GetDouble();
        return ms < 1000 ? string.Create(CultureInfo.InvariantCulture, $"{ms:F0} ms") : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:F2} s");
    }

    private static string? Text(JsonElement b, string name) => b.GetProperty(name).GetString();

    /// <summary>Names to the left, numbers to the right.</summary>
    private static string Line(string[] cells, int[] widths) =>
        string.Join("  ", cells.Select((c, i) => i is < 2 or 9 ? c.PadRight(widths[i]) : c.PadLeft(widths[i]))).TrimEnd();
}
