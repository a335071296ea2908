using System.Diagnostics;
using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Grains.Telemetry;

/// <summary>The span of one race for a slot, waits included.</summary>
internal readonly struct QueueSpan(InferenceRequest request, string group) : IDisposable
{
    private readonly Activity? _span = GatewayTraces.Start("queue", ActivityKind.Internal, request.TraceParent, request.TraceState);

    /// <param name="position">0: it got a slot at once, or none.</param>
    public void End(int position, SlotRaceResult result)
    {
        if (_span is null) return;
        _span.SetTag("orleansllm.model_group", group);
        _span.SetTag("orleansllm.queue.position", position);
        _span.SetTag("orleansllm.backend", result.Winner?.Backend);
        _span.End(result.Winner is null ? "no_slot" : null);
    }

    /// <summary>Also when the client has left, or the node goes.</summary>
    public void Dispose() => _span.End("cancelled");
}
