using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Catalog;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;
using OrleansLlm.Telemetry.Callbacks;
using OrleansLlm.Telemetry.Prometheus;

namespace OrleansLlm.Tests.Observability;

/// <summary>A sender with its metrics, and a clock that stands until it is moved.</summary>
internal sealed class CallbackHarness : IAsyncDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly MetricRegistry _registry;

    /// <summary>On the clock that the tests move: a delivery is never too late for them by itself, however slow the machine is.</summary>
    public static readonly CallbackOptions Patient = new() { Timeout = TimeSpan.FromDays(20) };

    public CallbackHarness(Func<CallbackHttp, TimeProvider, ICallbackTarget> target, CallbackOptions? options = null)
    {
        _registry = new MetricRegistry(_metrics, new SeriesLimits(100, 100));
        var made = target(Http, Time);
        Name = made.Name;
        Sender = new CallbackSender(made, options ?? Patient, _metrics, Time, NullLogger<CallbackSender>.Instance);
    }

    public string Name { get; }

    public CallbackHttp Http { get; } = new();

    public ManualTime Time { get; } = new();

    public CallbackSender Sender { get; }

    public double Events(string result) => Read()["orleansllm_callback_events_total", ("callback_name", Name), ("result", result)];

    public bool Shows(string result) => Read().Samples.Any(s => s.Name == "orleansllm_callback_events_total" && s.Labels["callback_name"] == Name && s.Labels["result"] == result);

    public double Failures => Read()["litellm_callback_logging_failures_metric_total", ("callback_name", Name)];

    public Task UntilAsync(string result, int count) => Eventually.UntilAsync(() => Events(result) == count, $"{count} reports are {result}");

    /// <summary>Lets pauses and patience pass until it holds.</summary>
    public Task PassTimeUntilAsync(Func<bool> holds, string what) => Eventually.UntilAsync(
        () =>
        {
            if (!holds() && Time.ArmedTimers > 0) Time.Advance(TimeSpan.FromSeconds(1));
            return holds();
        },
        what);

    public async ValueTask DisposeAsync()
    {
        await Sender.StopAsync(CancellationToken.None);
        Sender.Dispose();
        Http.Dispose();
        _registry.Dispose();
        _metrics.Dispose();
    }

    private PrometheusText Read()
    {
        var output = new ArrayBufferWriter<byte>();
        _registry.Write(output);
        return PrometheusText.Parse(Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
