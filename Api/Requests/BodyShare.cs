namespace OrleansLlm.Api.Requests;

/// <summary>What one body takes of the room; given back when the body is refused or its request has ended, whichever comes first.</summary>
internal sealed class BodyShare(BodyRoom room) : IDisposable
{
    private long _taken;

    /// <param name="size">Of what has come of the body, in bytes.</param>
    /// <returns>False: there is no room for it.</returns>
    public bool GrowTo(long size)
    {
        if (size <= _taken) return true;
        if (!room.TryTake(size - _taken)) return false;
        _taken = size;
        return true;
    }

    public void Dispose() => room.GiveBack(Interlocked.Exchange(ref _taken, 0));
}
