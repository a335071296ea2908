using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Embedded;

/// <summary>The engine of one host: its grain classes, its clock, its two timers (collection, watchdog) and its beginning and end.</summary>
internal sealed class GrainEngine : IHostedLifecycleService, IDisposable
{
    private readonly IEnumerable<IEnginePart> _parts;
    private readonly ServiceLifetimes _lifetimes;
    private readonly long _defaultTimeout;
    private readonly EngineMeter _meter;
    private ITimer? _collector;

    public GrainEngine(
        IServiceProvider services,
        IOptions<GrainCollectionOptions> collection,
        IOptions<SiloMessagingOptions> messaging,
        IEnumerable<IEnginePart> parts,
        ServiceLifetimes lifetimes,
        StateSerializer states,
        ILoggerFactory loggers)
    {
        Services = services;
        Collection = collection.Value;
        Messaging = messaging.Value;
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Log = new EngineLog(loggers.CreateLogger("Orleans.Embedded"));
        _parts = parts;
        _lifetimes = lifetimes;
        States = states;
        _defaultTimeout = DeadlineTicks(Messaging.ResponseTimeout);
        Watchdog = new Watchdog(this);
        Watchdog.Notice(Messaging.ResponseTimeout);
        Manifest = new GrainManifest();
        Manifest.Load();
        Manifest.Build(this);
        Factory = new GrainFactory(this);
        _meter = new EngineMeter(this);
    }

    public IServiceProvider Services { get; }

    public GrainCollectionOptions Collection { get; }

    public SiloMessagingOptions Messaging { get; }

    public TimeProvider Time { get; }

    public EngineLog Log { get; }

    public Watchdog Watchdog { get; }

    public GrainManifest Manifest { get; }

    public StateSerializer States { get; }

    public GrainFactory Factory { get; }

    public bool IsStopping { get; private set; }

    public long Now => Time.GetTimestamp();

    public IEnumerable<Activation> Activations => Manifest.Classes.SelectMany(static c => c.Activations);

    public long ToTimestamp(TimeSpan span) => (long)(span.TotalSeconds * Time.TimestampFrequency);

    public TimeSpan TimeoutOf(GrainMethod method) => method.ResponseTimeout ?? Messaging.ResponseTimeout;

    public bool IsSingleton(Type service) => _lifetimes.IsSingleton(service);

    /// <summary>Sets when the call's caller gets a timeout, and returns the present.</summary>
    public long StampDeadline(ICall call)
    {
        var now = Now;
        var timeout = _defaultTimeout;
        if (call.Method.ResponseTimeout is { } own)
        {
            timeout = DeadlineTicks(own);
            Watchdog.Notice(own);
        }

        call.Deadline = (call.Method.Options & CallOptions.OneWay) != 0 || timeout == long.MaxValue ? long.MaxValue : now + timeout;
        return now;
    }

    /// <summary>Before any other hosted service starts: whatever can be wrong with a store shows here.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var part in _parts) await part.StartAsync(cancellationToken);
        _collector = Time.CreateTimer(static state => ((GrainEngine)state!).Collect(), this, Collection.CollectionQuantum, Collection.CollectionQuantum);
    }

    /// <summary>After every other hosted service has stopped: no call comes any more, activations end, then the stores.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        IsStopping = true;
        _collector?.Dispose();
        var ending = new List<Task>();
        foreach (var activation in Activations)
        {
            activation.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The engine is stopping."), cancellationToken);
            ending.Add(activation.Deactivated);
        }

        try
        {
            await Task.WhenAll(ending).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Log.StopOverdue(ending.Count(e => !e.IsCompleted));
        }

        foreach (var part in _parts.Reverse()) await part.StopAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _meter.Dispose();
        _collector?.Dispose();
        Watchdog.Dispose();
    }

    private void Collect()
    {
        var now = Now;
        foreach (var activation in Activations) activation.CollectIfIdle(now);
    }

    private long DeadlineTicks(TimeSpan timeout) => timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : ToTimestamp(timeout);
}
