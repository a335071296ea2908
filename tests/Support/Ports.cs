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

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A port where nobody listens, and that this process is not given twice.</summary>
    public static int Free() => Free(1);

    /// <summary>So many, one after the other.</summary>
    /// <returns>The first of them.</returns>
    public static int Free(int count)
    {
        // Not seeded: several test processes look at the same time.
        var random = new Random();
        lock (Gate)
        {
            while (true)
            {
                var ports = Enumerable.Range(random.Next(First, AfterLast - count + 1), count).ToList();
                if (ports.Exists(Given.Contains) || !ports.TrueForAll(IsFree)) continue;
                Given.UnionWith(ports);
                return ports[0];
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
