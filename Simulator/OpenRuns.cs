using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace OrleansLlm.Simulator;

/// <summary>
/// The inferences that run, to be counted exactly. An Ollama closes a cancelled request's connection after its runner has stopped; the server that
/// stands in for it here closes it first and tells the handler a moment later. Whose connection is closed has therefore stopped.
/// </summary>
internal sealed class OpenRuns(SimulatorStats stats, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Run> _open = [];

    /// <returns>Null when the client has gone already: nothing begins.</returns>
    public Run? Begin(HttpContext http, string marker)
    {
        var run = new Run(this, http.Features.Get<IConnectionSocketFeature>()?.Socket, SimulatorStats.Short(marker), time.GetTimestamp());
        lock (_gate)
        {
            if (run.IsHungUp) return null;
            foreach (var other in _open.Where(r => r.IsHungUp).ToList()) other.End(InferenceEnd.Cancelled);
            _open.Add(run);
            stats.InferenceStarted(marker, List);
            return run;
        }
    }

    private void End(Run run, InferenceEnd how)
    {
        lock (_gate)
        {
            if (_open.Remove(run)) stats.InferenceEnded(how);
        }
    }

    private IReadOnlyList<OpenInference> List() =>
        [.. _open.OrderBy(r => r.Begun).Select(r => new OpenInference(r.Marker, time.GetElapsedTime(r.Begun), r.IsClientGone))];

    internal sealed class Run(OpenRuns runs, Socket? socket, string marker, long begun)
    {
        public string Marker => marker;

        public long Begun => begun;

        public bool IsHungUp => socket is not null && HungUp.Is(socket);

        public bool IsClientGone => socket is not null && HungUp.ByClient(socket);

        /// <summary>The first end counts.</summary>
        public void End(InferenceEnd how) => runs.End(this, how);
    }
}
