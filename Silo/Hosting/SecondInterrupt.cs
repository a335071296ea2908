using System.Runtime.InteropServices;
using OrleansLlm.Grains;

namespace OrleansLlm.Silo.Hosting;

/// <summary>
/// Ctrl-C once more, while the process stops: what still runs is cut at once. Within a second of the first it is the same wish, told twice by whoever passes signals on. SIGTERM
/// is left alone: platforms repeat it.
/// </summary>
internal sealed partial class SecondInterrupt(ProcessDrain drain, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<SecondInterrupt> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan SameWish = TimeSpan.FromSeconds(1);

    private PosixSignalRegistration? _interrupts;
    private long _began;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => Volatile.Write(ref _began, time.GetTimestamp()));
        _interrupts = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            Interrupted();
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _interrupts?.Dispose();

    /// <summary>SIGINT has come.</summary>
    internal void Interrupted()
    {
        var began = Volatile.Read(ref _began);
        if (began == 0 || time.GetElapsedTime(began) < SameWish || drain.Cut.IsCancellationRequested) return;
        if (drain.Open > 0) LogCut(drain.Open);
        drain.CutShort();
    }

    [LoggerMessage(EventId = 4203, EventName = "DrainCutShort", Level = LogLevel.Warning, Message = "Stopping: interrupted once more, {Running} answers are cut")]
    private partial void LogCut(int running);
}
