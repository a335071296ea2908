using System.Runtime.CompilerServices;
using Orleans.Streams;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Grains.Inference;

/// <summary>
/// An inference that runs in its grain's time instead of its reader's: for an answer that may be resumed, and for a reader on a stream. Its
/// events go into the log, and readers follow that. Everything here happens in turns of the grain.
/// </summary>
internal sealed class DetachedRun
{
    /// <summary>The activation's pulse: below every collection age.</summary>
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(20);

    /// <summary>
    /// A sole reader that has not been heard for so many ticks is gone with its process. Ticks, not time: a process that was stopped for an
    /// hour has missed one.
    /// </summary>
    private const int MaxQuietTicks = 3;

    /// <summary>After so long whoever follows it has looked into the log for the end, whatever the stream has lost.</summary>
    private static readonly TimeSpan EndIsKnown = TimeSpan.FromSeconds(10);

    /// <summary>What a sole reader may have outstanding before the upstream has to wait for it.</summary>
    private const long SoleReaderWindow = 256 * 1024;

    private readonly Grain _owner;
    private readonly InferenceRequest _request;
    private readonly CancellationTokenSource _left;
    private readonly ResumableOptions _options;
    private readonly InferenceServices _services;
    private readonly string _id;
    private readonly TokenLog _log;
    private readonly Pulse _appended = new();
    private readonly Pulse _taken = new();
    private readonly LogPublisher _publisher;
    private IGrainTimer? _timer;
    private Task _run = Task.CompletedTask;
    private long? _endedAt;
    private long? _endToldAt;
    private int _quietTicks;
    private int _followers;
    private bool _kept;
    private bool _counted;
    private bool _closed;
    private bool _stopping;

    public DetachedRun(Grain owner, InferenceRequest request, CancellationTokenSource left, ResumableOptions options, InferenceServices services)
    {
        (_owner, _request, _left, _options, _services) = (owner, request, left, options, services);
        _id = owner.GetPrimaryKeyString();
        // A sole reader's log forgets what has arrived, and the run waits when the window is full: it needs no bound of its own.
        _log = new TokenLog(IsResumable ? options.MaxBytes : long.MaxValue);
        _publisher = new LogPublisher(_log, _appended, OpenStream, _id, services.Time, services.Logger);
    }

    /// <summary>Why it was not even begun; null: it was.</summary>
    public Failure? Refusal { get; private set; }

    /// <summary>
    /// It runs in the background and its end was told a while ago: whoever still asks for it finds no end in the store, since that could not be written, and shall find that
    /// there is nothing to wait for.
    /// </summary>
    public bool IsLongOver => _request.Response is { Background: true } && _endToldAt is { } at && _services.Time.GetElapsedTime(at) >= EndIsKnown;

    private bool IsResumable => _request.ResumableBy is not null;

    /// <summary>The answer has begun: its id has been told, and it is kept until its time to live is over.</summary>
    private bool IsKept => IsResumable && _kept;

    public void Begin(IAsyncEnumerable<InferenceEvent> events)
    {
        _timer = _owner.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TickPeriod, TickPeriod) { Interleave = true, KeepAlive = true });
        if (IsResumable && !_services.OpenLogs.TryOpen(_options.MaxTotalBytes))
        {
            Refusal = Failures.TooManyLogs;
            Append(new InferenceFailed(Refusal));
            End();
            return;
        }

        _counted = IsResumable;
        // Called, not queued: its continuations stay in the turns of the grain. It observes all of its own failures.
        _run = PumpAsync(events);
    }

    /// <summary>The first reader of a resumable answer, without a stream. It ends on the end of the answer, or when it has fallen behind the log.</summary>
    public async IAsyncEnumerable<InferenceEvent> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _followers++;
        try
        {
            for (var number = 0L; ; number++)
            {
                while (number > _log.Last) await _appended.Next.WaitAsync(cancellationToken);
                if (number < _log.First)
                {
                    yield return new InferenceFailed(Failure.StreamLogFull(_log.First));
                    yield break;
                }

                var next = _log[number];
                yield return next;
                if (next.IsEnd) yield break;
            }
        }
        finally
        {
            _followers--;
        }
    }

    public LogAnswer Read(LogQuery query)
    {
        if (query.Caller is { } caller && !IsOpenTo(caller)) return LogRefused.Unknown;
        if (query.Caller is null) HearReader(query.From);
        // Before the page is made: what the page does not have yet, the stream will.
        _publisher.Begin();
        return _log.Read(query.From, query.Max);
    }

    public bool IsOpenTo(string caller) => caller == _request.ResumableBy && IsKept && !_stopping && !IsExpired;

    /// <summary>A sole reader is there, though it may take nothing for as long as its client does not.</summary>
    public void Hear() => _quietTicks = 0;

    /// <summary>The first reader needs this activation no more.</summary>
    public void Close()
    {
        _closed = true;
        LeaveIfDone();
    }

    /// <summary>The activation has to go, whoever reads: nothing is told, so that readers find contact lost and not an answer ended.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        Uncount();
        _timer?.Dispose();
        _publisher.Stop();
        await _left.CancelAsync();
        await _run.WaitAsync(cancellationToken);
    }

    private bool IsExpired => _endedAt is not null && TimeLeft <= TimeSpan.Zero;

    private TimeSpan TimeLeft => _options.Ttl - _services.Time.GetElapsedTime(_endedAt!.Value);

    private async Task PumpAsync(IAsyncEnumerable<InferenceEvent> events)
    {
        try
        {
            await foreach (var next in events)
            {
                // Read to the end in any case: that is what releases the lease.
                if (_stopping) continue;
                Append(next);
                while (!IsResumable && _log.Bytes >= SoleReaderWindow && !_left.IsCancellationRequested)
                {
                    await _taken.Next.WaitAsync(_left.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                }
            }
        }
        catch (NodeDrainingException)
        {
            // Its readers follow this log, under an id that cannot begin a second time.
            _services.Logger.RequestStopped(_id);
            if (!_stopping && !_log.Ended) Append(new InferenceFailed(Failure.Stopping));
        }
        catch (Exception e)
        {
            // Its readers would wait for ever otherwise.
            _services.Logger.InternalError(_id, e);
            if (!_stopping && !_log.Ended) Append(new InferenceFailed(LostContact.Is(e) || e is OperationCanceledException or OutOfMemoryException ? Failure.GatewayLost : Failures.Internal));
        }

        End();
    }

    private void Append(InferenceEvent next)
    {
        var before = _log.Bytes;
        _log.Append(next);
        if (_counted) _services.OpenLogs.Add(_log.Bytes - before);
        _kept |= next is InferenceStarted;
        if (next.IsEnd) _endToldAt ??= _services.Time.GetTimestamp();
        _appended.Beat();
    }

    private void End()
    {
        _endedAt = _services.Time.GetTimestamp();
        if (!IsKept) Uncount();
        LeaveIfDone();
    }

    private void Uncount()
    {
        if (_counted) _services.OpenLogs.Close(_log.Bytes);
        _counted = false;
    }

    private void HearReader(long from)
    {
        Hear();
        if (IsResumable) return;
        _log.ForgetBefore(from);
        _taken.Beat();
    }

    private Task TickAsync(CancellationToken cancellationToken)
    {
        if (_endedAt is null) return !IsResumable && ++_quietTicks >= MaxQuietTicks ? _left.CancelAsync() : Task.CompletedTask;
        LeaveIfDone();
        return Task.CompletedTask;
    }

    private void LeaveIfDone()
    {
        if (_endedAt is null || _stopping) return;
        if (!IsKept)
        {
            // A reader that never closes leaves the activation to its collection age.
            _timer?.Dispose();
            if (_closed) _owner.DeactivateOnIdle();
        }
        else if (!IsExpired)
        {
            var next = TimeLeft < TickPeriod ? TimeLeft : TickPeriod;
            _timer?.Change(next, next);
        }
        else if (_followers == 0)
        {
            _owner.DeactivateOnIdle();
        }
    }

    private IAsyncStream<LogPage> OpenStream() =>
        _owner.GetStreamProvider(Names.TokenStreams).GetStream<LogPage>(StreamId.Create(Names.InferenceStreams, _id));
}
