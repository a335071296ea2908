using System.Net;
using System.Net.Sockets;

namespace OrleansLlm.Support;

/// <summary>
/// Ports that have to be known before somebody listens there, or after. None that the system gives by itself (on Linux from 32768 on), to outgoing connections as well: one of
/// those may be another's between the look and the use. A silo looks for its own from 20000 on.
/// </summary>
public static class Ports
{
    private const int First = 10_000;
    private const int AfterLast = 20_000;

    /// <summary>So far apart begin two processes that were started one after the other: several test at the same time, and between the look and the use a port is anybody's.</summary>
    private const int Apart = 137;

    private static readonly Lock Gate = new();
    private static int s_next = First + (int)(Environment.ProcessId * (long)Apart % (AfterLast - First));

    /// <summary>A port where nobody listens, and that this process is not given again before all the others.</summary>
    public static int Free() => Free(1);

    /// <summary>So many, one after the other.</summary>
    /// <returns>The first of them.</returns>
    public static int Free(int count)
    {
        lock (Gate)
        {
            while (true)
            {
                if (s_next + count > AfterLast) s_next = First;
                var first = s_next;
                s_next += count;
                if (Enumerable.Range(first, count).All(IsFree)) return first;
            }
        }
    }

    /// <summary>An address at which nobody answers, now or later.</summary>
    public static Uri Nobodys() => new($"http://127.0.0.1:{Free()}/");

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
