namespace OrleansLlm.Api.Requests;

/// <summary>The bytes that the request bodies of this process may take, all of them together.</summary>
internal sealed class BodyRoom(long bytes)
{
    private long _free = bytes;

    public long Free => Volatile.Read(ref _free);

    /// <returns>False: there is no room for so many, and none was taken.</returns>
    public bool TryTake(long size)
    {
        var free = Free;
        while (size <= free)
        {
            var seen = Interlocked.CompareExchange(ref _free, free - size, free);
            if (seen == free) return true;
            free = seen;
        }

        return false;
    }

    public void GiveBack(long size) => Interlocked.Add(ref _free, size);
}
