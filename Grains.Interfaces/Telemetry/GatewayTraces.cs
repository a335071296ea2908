using System.Diagnostics;

namespace OrleansLlm.Telemetry;

/// <summary>
/// The gateway's spans. They never become <see cref="Activity.Current"/>: that does not flow through grain calls, so each one is told its parent.
/// Costs nothing while nobody listens.
/// </summary>
public static class GatewayTraces
{
    public const string SourceName = "OrleansLlm";

    private static readonly ActivitySource Source = new(SourceName, typeof(GatewayTraces).Assembly.GetName().Version?.ToString(3));

    /// <param name="parent">A W3C traceparent; null or malformed: the span begins a trace.</param>
    /// <param name="state">The W3C tracestate beside it, which the span hands on.</param>
    /// <returns>Null: nobody listens, or the trace is not sampled.</returns>
    public static Activity? Start(string name, ActivityKind kind, string? parent, string? state)
    {
        if (!Source.HasListeners()) return null;
        var before = Activity.Current;
        // With a current one a span without a parent would become its child.
        Activity.Current = null;
        try
        {
            return Source.StartActivity(name, kind, ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : default);
        }
        finally
        {
            Activity.Current = before;
        }
    }

    /// <summary>Ends a span without touching the current one.</summary>
    public static void End(this Activity? span, string? error = null)
    {
        if (span is null || span.IsStopped) return;
        if (error is not null)
        {
            span.SetTag("error.type", error);
            span.SetStatus(ActivityStatusCode.Error);
        }

        var before = Activity.Current;
        span.Stop();
        Activity.Current = before;
    }
}
