using OrleansLlm.Bench.Gateways;
using OrleansLlm.Bench.Load;
using OrleansLlm.Bench.Report;

namespace OrleansLlm.Bench.Scenarios;

/// <summary>One load on one target for a while.</summary>
internal static class Window
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public static async Task<Measured> MeasureAsync(Target target, Cell cell, TimeSpan length, BenchUpstream upstream)
    {
        var (shape, counts, time) = (cell.Shape, new LoadCounts(), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var users = Enumerable.Range(0, shape.Users).Select(i =>
            new LoadUser(target.AddressFor(i, shape.OneSlot), target.Key, shape.Body(i), shape.Stream, shape.Tokens, counts).RunAsync(shape.AnswerTime * i / shape.Users, stop.Token)).ToList();
        await Task.Delay(shape.AnswerTime + cell.LeadIn, time);
        if (shape.OneSlot) await upstream.MostAtOnceAsync();

        ProcessFigures.ForgetPeak(target.Processes);
        var allocated = await target.Allocated();
        var (cpu, simulator, own, began) = (ProcessFigures.Cpu(target.Processes), ProcessFigures.Cpu([upstream.ProcessId]), ProcessFigures.OwnCpu(), time.GetTimestamp());
        counts.Open = true;
        await Task.Delay(length, time);
        // However slow the machine: a window without an answer measures nothing.
        while (!counts.HasAll(shape) && time.GetElapsedTime(began) < Patience) await Task.Delay(Look, time);
        counts.Open = false;
        var seconds = time.GetElapsedTime(began).TotalSeconds;
        (cpu, simulator, own) = (ProcessFigures.Cpu(target.Processes) - cpu, ProcessFigures.Cpu([upstream.ProcessId]) - simulator, ProcessFigures.OwnCpu() - own);
        allocated = await target.Allocated() - allocated;
        var peak = ProcessFigures.PeakResident(target.Processes);
        int? atOnce = shape.OneSlot ? await upstream.MostAtOnceAsync() : null;

        await stop.CancelAsync();
        var left = Task.WhenAll(users);
        if (await Task.WhenAny(left, Task.Delay(Patience, time)) != left) counts.Failed("no answer in a minute");

        var known = target.Processes.Count > 0;
        var measured = new Measured(counts.Failures);
        measured.Set(Figure.RequestsPerSecond, counts.Requests / seconds);
        measured.Set(Figure.ChunksPerSecond, shape.Stream ? counts.Chunks / seconds : null);
        measured.Set(Figure.Latency, counts.Latency);
        if (shape.Stream) measured.Set(Figure.FirstToken, counts.FirstToken);
        if (shape.GapMs > 0)
        {
            measured.Set(Figure.GapP50, counts.Gaps.Percentile(0.5));
            measured.Set(Figure.GapP99, counts.Gaps.Percentile(0.99));
        }

        measured.Set(Figure.CpuPerRequest, known && !shape.Stream ? cpu.TotalMicroseconds / counts.Requests : null);
        measured.Set(Figure.CpuPerChunk, known && shape.Stream ? cpu.TotalMicroseconds / counts.Chunks : null);
        measured.Set(Figure.Cores, known ? cpu.TotalSeconds / seconds : null);
        measured.Set(Figure.PeakMemory, known ? peak / 1e6 : null);
        measured.Set(shape.Stream ? Figure.AllocatedPerChunk : Figure.AllocatedPerRequest, allocated / 1e3 / (shape.Stream ? counts.Chunks : counts.Requests));
        measured.Set(Figure.MostAtOnce, atOnce);
        measured.Set(Figure.LoadCores, own.TotalSeconds / seconds);
        measured.Set(Figure.SimulatorCores, simulator.TotalSeconds / seconds);
        measured.Set(Figure.Errors, counts.Failures.Values.Sum());
        return measured;
    }
}
