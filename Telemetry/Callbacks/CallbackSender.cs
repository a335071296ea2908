using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansLlm.Catalog;

namespace OrleansLlm.Telemetry.Callbacks;

/// <summary>
/// Tells one service of requests, in the background and in batches. What waits is bounded: a service that is away costs the oldest reports, which
/// are counted, and never a request.
/// </summary>
internal sealed class CallbackSender : IRequestObserver, ILastWords, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly ICallbackTarget _target;
    private readonly CallbackOptions _options;
    private readonly CallbackMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<RequestReport> _waiting;
    private readonly CancellationTokenSource _hurry = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _sending = Task.CompletedTask;
    private bool _away;

    public CallbackSender(ICallbackTarget target, CallbackOptions options, GatewayMetrics metrics, TimeProvider time, ILogger<CallbackSender> logger)
    {
        (_target, _options, _metrics, _time, _logger) = (target, options, metrics.Callbacks, time, logger);
        _waiting = Channel.CreateBounded<RequestReport>(
            new BoundedChannelOptions(options.MaxQueue) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Count(1, "dropped"));
        _metrics.Queue.Set(0, target.Name);
    }

    public void Ended(RequestReport report)
    {
        if (!_target.Wants(report) || !_waiting.Writer.TryWrite(report)) return;
        _metrics.Queue.Set(_waiting.Reader.Count, _target.Name);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var result in (string[])["delivered", "refused", "given_up", "dropped"]) _metrics.Events.Begin(_target.Name, result);
        _sending = Task.Run(SendAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>What waits is told once more; nothing is waited for that fails now.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        await _hurry.CancelAsync();
        using var patience = new CancellationTokenSource(Farewell, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await _sending.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _hurry.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        var batch = new List<RequestReport>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < _options.Batch && _waiting.Reader.TryRead(out var report)) batch.Add(report);
            _metrics.Queue.Set(_waiting.Reader.Count, _target.Name);
            await DeliverAsync([.. batch]);
            batch.Clear();
        }
    }

    private async Task DeliverAsync(IReadOnlyList<RequestReport> batch)
    {
        var pause = FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            var (delivery, problem) = await TryAsync(batch);
            Count(delivery.Delivered, "delivered");
            Count(delivery.Refused, "refused");
            batch = delivery.Again;
            Note(problem, delivery);
            if (batch.Count == 0) return;
            if (attempt >= _options.Attempts || _hurry.IsCancellationRequested)
            {
                Count(batch.Count, "given_up");
                return;
            }

            // What it asks for is heard, within reason: meanwhile the queue fills.
            var wait = delivery.After is { } after && after > pause ? after : pause;
            await Task.Delay(wait < _options.RetryMost ? wait : _options.RetryMost, _time, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause *= 2;
        }
    }

    private async Task<(Delivery, string? Problem)> TryAsync(IReadOnlyList<RequestReport> batch)
    {
        try
        {
            using var patience = new CancellationTokenSource(_options.Timeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
            var delivery = await _target.SendAsync(batch, either.Token);
            return (delivery, delivery.Again.Count > 0 ? "it cannot take them now" : delivery.Refused > 0 ? "it refuses them" : null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return (new Delivery(0, 0, batch), e is OperationCanceledException ? $"no answer within {_options.Timeout.TotalSeconds} s" : e.Message);
        }
    }

    /// <summary>The first failure of a row of them, and that it is over.</summary>
    private void Note(string? problem, Delivery delivery)
    {
        if (problem is not null)
        {
            _metrics.Failures.Add(1, _target.Name);
            if (!_away) _logger.CallbackAway(_target.Name, problem);
        }
        else if (_away)
        {
            _logger.CallbackBack(_target.Name);
        }

        _away = problem is not null;
    }

    private void Count(int reports, string result) => _metrics.Events.Add(reports, _target.Name, result);
}
