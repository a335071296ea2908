using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;
using OrleansLlm.Telemetry;
using StackExchange.Redis;

namespace OrleansLlm.Tests.Cluster;

/// <summary>Since when there is something in the store, by which somebody is woken when it has lost its data. Skipped where there is no redis-server.</summary>
public sealed class StoreAgeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-age-").FullName;
    private readonly ManualTime _time = new();

    [Fact]
    public async Task AStoreThatHasLostItsData_IsYoungerThanBefore_AndOneThatHasNotIsAsOldAsItWas()
    {
        await using var redis = await RedisServer.StartAsync(_folder);
        Assert.SkipUnless(redis is not null, "no redis-server on this machine");
        var first = await LookAsync(redis);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(first, await LookAsync(redis));
        await redis.StopAsync();
        await redis.StartAsync();
        Assert.Equal(first, await LookAsync(redis));
        await redis.StopAsync();
        Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
        await redis.StartAsync();
        Assert.Equal(first + 3600, await LookAsync(redis));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>As a silo does at its start.</summary>
    private async Task<double> LookAsync(RedisServer redis)
    {
        using var metrics = new GatewayMetrics();
        var options = ConfigurationOptions.Parse(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{new Uri(redis.Url).Port}"));
        using var age = new StoreAge(options, "a", metrics, _time, NullLogger<StoreAge>.Instance);
        await age.StartAsync(CancellationToken.None);
        await age.ExecuteTask!;
        return Shown(metrics);
    }

    private static double Shown(GatewayMetrics metrics)
    {
        var shown = new List<double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == metrics.Meter && instrument.Name.Contains("store_began", StringComparison.Ordinal)) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => shown.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        return Assert.Single(shown);
    }
}
