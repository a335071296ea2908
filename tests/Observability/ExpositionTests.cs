using System.Buffers;
using System.Globalization;
using System.Text;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;
using OrleansLlm.Telemetry.Prometheus;

namespace OrleansLlm.Tests.Observability;

/// <summary>What is measured comes out in Prometheus' words, and never more of it than was agreed.</summary>
public sealed class ExpositionTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly MetricRegistry _registry;

    public ExpositionTests() => _registry = new MetricRegistry(_metrics, new SeriesLimits(MaxSeries: 8, MaxValues: 5, MaxValueLength: 20));

    [Fact]
    public void EveryMetric_IsShown_AlsoBeforeAnythingHasHappened()
    {
        var shown = Read();
        Assert.Equal(_metrics.Definitions.Values.Select(PrometheusNames.Of).Order(), shown.Types.Keys.Order());
        Assert.All(shown.Types.Values, type => Assert.NotEqual("", type));
        Assert.True(shown["process_resident_memory_bytes"] > 0 && shown["process_start_time_seconds"] > 0);
    }

    [Fact]
    public void WhatTheProcessCountsItself_IsNotCountedAgainByLooking()
    {
        // Neither is ever zero here, so that four looks added up are far more than it can be.
        for (var look = 1; look < 4; look++) Read();
        var shown = Read();
        Assert.InRange(shown["dotnet_gc_heap_total_allocated_bytes_total"], 1, 2 * GC.GetTotalAllocatedBytes());
        Assert.InRange(shown["process_cpu_seconds_total"], 0.01, 2 * Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    [Fact]
    public void CountersAdd_HistogramsCountIntoTheirBuckets()
    {
        _metrics.Requests.Ended.Add(1, "m", "success");
        _metrics.Requests.Ended.Add(2, "m", "success");
        foreach (var seconds in (double[])[0.05, 0.1, 0.11, 700]) _metrics.Requests.QueueTime.Record(seconds, "m");
        var shown = Read();
        Assert.Equal(3, shown["orleansllm_requests_total", ("requested_model", "m"), ("status", "success")]);
        Assert.Equal((1, 2, 3, 4), (Bucket("0.05"), Bucket("0.1"), Bucket("0.25"), Bucket("+Inf")));
        Assert.Equal(700.26, shown["litellm_request_queue_time_seconds_sum"], 6);

        int Bucket(string upTo) => (int)shown["litellm_request_queue_time_seconds_bucket", ("le", upTo)];
    }

    [Fact]
    public void OpenTelemetrysNames_GetUnderscoresAndTheirUnit()
    {
        _metrics.Requests.OperationDuration.Record(1, "chat", "ollama", "m", "m", null);
        var sample = Read().Samples.First(s => s.Name == "gen_ai_client_operation_duration_seconds_count");
        Assert.Equal(["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_response_model"], sample.Labels.Keys);
    }

    [Theory]
    [InlineData("back\\slash")]
    [InlineData("a \"quote\"")]
    [InlineData("two\nlines")]
    [InlineData("} 1")]
    [InlineData("größe, 大")]
    public void WhateverALabelSays_ItComesOutAsItWas(string value)
    {
        _metrics.Requests.Ended.Add(1, value, "success");
        Assert.Equal(1, Read()["orleansllm_requests_total", ("requested_model", value)]);
    }

    [Fact]
    public void ALabelsValues_AreBounded_AndNothingIsLost()
    {
        for (var i = 0; i < 1000; i++) _metrics.Callbacks.Failures.Add(1, "name-" + i.ToString(CultureInfo.InvariantCulture));
        var samples = Read().Samples.Where(s => s.Name == "litellm_callback_logging_failures_metric_total").ToList();
        Assert.Equal(["name-0", "name-1", "name-2", "name-3", "name-4", "other"], samples.Select(s => s.Labels["callback_name"]).Order());
        Assert.Equal(1000, samples.Sum(s => s.Value));
        Assert.Equal(995, samples.Single(s => s.Labels["callback_name"] == "other").Value);
    }

    [Fact]
    public void AMetricsSeries_AreBounded_AndNothingIsLost()
    {
        for (var model = 0; model < 5; model++)
        {
            for (var status = 0; status < 5; status++) _metrics.Requests.Ended.Add(1, $"m{model}", $"s{status}");
        }

        var samples = Read().Samples.Where(s => s.Name == "orleansllm_requests_total").ToList();
        Assert.Equal(9, samples.Count);
        Assert.Equal((25, 17), (samples.Sum(s => s.Value), samples.Single(s => s.Labels["requested_model"] == "other").Value));
    }

    [Fact]
    public void ALongValue_IsCutShort()
    {
        _metrics.Callbacks.Failures.Add(1, new string('x', 100_000));
        Assert.Equal(20, Read().Samples.Single(s => s.Name == "litellm_callback_logging_failures_metric_total").Labels["callback_name"].Length);
    }

    [Fact]
    public void ACharacterOfTwo_IsNotCutInHalf_NeitherByTheBound_NorWhereTheTextIsWrittenInPieces()
    {
        _metrics.Callbacks.Failures.Add(1, new string('x', 19) + "😀");
        Assert.Equal(new string('x', 19), Read().Samples.Single(s => s.Name == "litellm_callback_logging_failures_metric_total").Labels["callback_name"]);

        using var metrics = new GatewayMetrics();
        using var registry = new MetricRegistry(metrics, new SeriesLimits(MaxSeries: 1000, MaxValues: 1000));
        var faces = string.Concat(Enumerable.Repeat("😀", 90));
        for (var i = 0; i < 300; i++) metrics.Callbacks.Failures.Add(1, faces + new string('x', i % 20) + i.ToString(CultureInfo.InvariantCulture));
        var output = new ArrayBufferWriter<byte>();
        registry.Write(output);
        Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void AGauge_GoesWithItsOwner()
    {
        var now = TimeSpan.FromSeconds(10);
        var gauge = _metrics.Backends.Open("http://a", () => now);
        gauge.Reading = new BackendReading(2, 1, 3, 2, 0.5, 1, null, false, 1.5);
        gauge.Deployments = [new(["ollama/m", "id", "http://a", "ollama"]), new(["ollama/n", "id2", "http://a", "ollama"], TimeSpan.FromSeconds(11))];
        var shown = Read();
        Assert.Equal((2, 3, 1.5, 0.5, 1), (shown["orleansllm_backend_slots"], shown["orleansllm_queue_depth"], shown["orleansllm_queue_share"], shown["orleansllm_queue_fairness_lag"], State(shown, "id")));
        Assert.DoesNotContain(shown.Samples, s => s.Name == "orleansllm_backend_up");
        Assert.Equal(2, State(shown, "id2"));
        now = TimeSpan.FromSeconds(11);
        Assert.Equal(1, State(Read(), "id2"));
        // The backend's next activation has begun before the last one has ended.
        using var next = _metrics.Backends.Open("http://a", () => now);
        next.Reading = new BackendReading(2, 0, 7, 2, 0, 0, true, false, 7);
        gauge.Dispose();
        Assert.Equal(7, Read()["orleansllm_queue_depth"]);
        next.Dispose();
        Assert.DoesNotContain(Read().Samples, s => s.Name == "orleansllm_queue_depth");

        static double State(PrometheusText shown, string id) => shown["litellm_deployment_state", ("model_id", id)];
    }

    [Fact]
    public async Task ManyAtOnce_AreAllCounted()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            for (var n = 0; n < 5000; n++)
            {
                _metrics.Requests.Ended.Add(1, $"m{(n + i) % 7}", "success");
                _metrics.Requests.QueueTime.Record(0.2, "m");
                if (n % 1000 == 0) Read();
            }
        })));
        var shown = Read();
        Assert.Equal((40_000, 40_000), (shown["orleansllm_requests_total"], shown["litellm_request_queue_time_seconds_count"]));
    }

    [Fact]
    public void WhoeverMeasures_DoesNotWaitUntilTheMetricIsWritten()
    {
        using var metrics = new GatewayMetrics();
        using var registry = new MetricRegistry(metrics, new SeriesLimits(MaxSeries: 1000, MaxValues: 1000));
        // So much that it is handed on before the next metric is asked.
        for (var i = 0; i < 300; i++) metrics.Callbacks.Failures.Add(1, new string('x', 190) + i.ToString(CultureInfo.InvariantCulture));
        var waited = false;
        var output = new Watched(() =>
        {
            if (waited) return;
            var other = new Thread(() => metrics.Callbacks.Failures.Add(1, "other"));
            other.Start();
            waited = !other.Join(TimeSpan.FromSeconds(20));
        });
        registry.Write(output);
        Assert.False(waited);
        Assert.NotEqual(0, output.Length);
    }

    [Fact]
    public void AnotherGatewayOfTheProcess_IsNotCountedHere()
    {
        using var other = new GatewayMetrics();
        other.Requests.Ended.Add(1, "m", "success");
        Assert.Equal(0, Read()["orleansllm_requests_total"]);
    }

    public void Dispose()
    {
        _registry.Dispose();
        _metrics.Dispose();
    }

    private PrometheusText Read()
    {
        var output = new ArrayBufferWriter<byte>();
        _registry.Write(output);
        return PrometheusText.Parse(Encoding.UTF8.GetString(output.WrittenSpan));
    }
    /// <summary>Says so before it takes anything.</summary>
    private sealed class Watched(Action taking) : IBufferWriter<byte>
    {
        private readonly ArrayBufferWriter<byte> _taken = new();

        public int Length => _taken.WrittenCount;

        public void Advance(int count) => _taken.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            taking();
            return _taken.GetMemory(sizeHint);
        }

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            taking();
            return _taken.GetSpan(sizeHint);
        }
    }
}
