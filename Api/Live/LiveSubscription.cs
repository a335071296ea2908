using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace OrleansLlm.Api.Live;

/// <summary>
/// One subscription of this process to one stream, for as long as it is wanted. One that brings nothing any more is given back and another one taken: the node that knew of it may have
/// died, and the engine forgets whoever it could not reach for a moment. Never more than one, so that nothing comes twice and none is left behind.
/// </summary>
/// <param name="open">The stream; nobody else in this process subscribes to it.</param>
internal sealed partial class LiveSubscription<T>(Func<IAsyncStream<T>> open, Func<T, Task> hear, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Pulse _pulse = new();
    private StreamSubscriptionHandle<T>? _handle;
    private bool _wanted;
    private bool _busy;
    private bool _lost;
    private bool _inDoubt;

    /// <summary>A round of questions is over, and somebody watches. What is to be done is done meanwhile, and what fails is tried again with the next round.</summary>
    /// <param name="answered">Somebody who tells this stream has answered.</param>
    public void Tend(bool answered)
    {
        lock (_gate)
        {
            _wanted = true;
            if (_handle is not null && _pulse.Round(answered)) _lost = true;
            Start();
        }
    }

    /// <summary>Nobody watches any more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _wanted = false;
            Start();
        }
    }

    private void Start()
    {
        if (_busy) return;
        _busy = true;
        _ = Task.Run(WorkAsync);
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            StreamSubscriptionHandle<T>? old;
            lock (_gate)
            {
                old = _wanted && !_lost ? null : _handle;
                if (old is null && (!_wanted || _handle is not null))
                {
                    _busy = false;
                    return;
                }
            }

            try
            {
                if (old is null) await SubscribeAsync();
                else await GiveBackAsync(old);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFailed(e);
                lock (_gate) _busy = false;
                return;
            }
        }
    }

    private async Task SubscribeAsync()
    {
        var stream = open();
        if (_inDoubt)
        {
            // An attempt that failed may have left one that nobody knows of.
            foreach (var left in await stream.GetAllSubscriptionHandles()) await left.UnsubscribeAsync();
        }

        _inDoubt = true;
        var handle = await stream.SubscribeAsync((item, _) => HearAsync(item));
        _inDoubt = false;
        lock (_gate)
        {
            _handle = handle;
            _pulse.Begin();
        }
    }

    private async Task GiveBackAsync(StreamSubscriptionHandle<T> old)
    {
        lock (_gate)
        {
            if (_lost) LogLost(typeof(T).Name);
            // Whatever becomes of the attempt: nothing comes by it any more.
            _lost = true;
        }

        await old.UnsubscribeAsync();
        lock (_gate) (_handle, _lost) = (null, false);
    }

    private Task HearAsync(T item)
    {
        lock (_gate) _pulse.Heard();
        return hear(item);
    }

    [LoggerMessage(EventId = 3410, EventName = "LiveFailed", Level = LogLevel.Debug, Message = "The live pages could not be told of changes; it is tried again")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(EventId = 3411, EventName = "LiveLost", Level = LogLevel.Information, Message = "The stream of {Item} brought nothing any more: it is subscribed to anew")]
    private partial void LogLost(string item);
}
