using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace OrleansLlm.Simulator;

/// <summary>
/// The inferences that run, to be counted exactly. An Ollama closes a cancelled request's connection after its runner has stopped; the server that
/// stands in for it here closes it first and tells the handler a moment later. Whose connection is closed has therefore stopped.
/// </summary>
internal sealed class OpenRuns(SimulatorStats stats)
{
    private readonly ConcurrentDictionary<Run, byte> _open = new();

    public Run Begin(HttpContext http, string marker)
    {
        foreach (var (other, _) in _open)
        {
            if (other.IsHungUp) other.End(InferenceEnd.Cancelled);
        }

        var run = new Run(this, http.Features.Get<IConnectionSocketFeature>()?.Socket);
        _open.TryAdd(run, 0);
        stats.InferenceStarted(marker);
        return run;
    }

    internal sealed class Run(OpenRuns runs, Socket? socket)
    {
        private int _ended;

        public bool IsHungUp => socket is { Connected: false };

        /// <summary>The first end counts.</summary>
        public void End(InferenceEnd how)
        {
            if (Interlocked.Exchange(ref _ended, 1) == 1) return;
            runs._open.TryRemove(this, out _);
            runs.Stats.InferenceEnded(how);
        }
    }

    private SimulatorStats Stats => stats;
}
