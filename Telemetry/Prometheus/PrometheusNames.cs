namespace OrleansLlm.Telemetry.Prometheus;

/// <summary>
/// How a metric is called in Prometheus: counters end in <c>_total</c>, as LiteLLM's client library has it; OpenTelemetry's dotted names get
/// underscores and their unit.
/// </summary>
internal static class PrometheusNames
{
    public static string Of(MetricDefinition definition)
    {
        var name = Of(definition.Name);
        if (definition.Name.Contains('.') && definition.Unit == "s") name += "_seconds";
        return definition.Kind == MetricKind.Counter ? name + "_total" : name;
    }

    public static string Of(string label) => label.Replace('.', '_');
}
