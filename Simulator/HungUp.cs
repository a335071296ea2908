using System.Net.Sockets;

namespace OrleansLlm.Simulator;

/// <summary>
/// Whether this side has closed a connection. The framework's own flag follows the system call by a moment, and the client, which has seen the
/// close, may use that moment: on Linux the state is read from the kernel.
/// </summary>
internal static class HungUp
{
    private const int Tcp = 6, TcpInfo = 11;

    /// <summary>States in which this side may still send; the second: the client has closed its side, and this one has not yet.</summary>
    private const byte Established = 1, CloseWait = 8;

    private const byte Closed = 7;

    public static bool Is(Socket socket) => StateOf(socket) is not (Established or CloseWait);

    /// <summary>The client has closed its side, or reset the connection, and this side has not closed its own. False where the kernel does not tell.</summary>
    public static bool ByClient(Socket socket) => OperatingSystem.IsLinux() && StateOf(socket) != Established;

    private static byte StateOf(Socket socket)
    {
        try
        {
            if (!OperatingSystem.IsLinux()) return socket.Connected ? Established : Closed;
            Span<byte> info = stackalloc byte[8];
            socket.GetRawSocketOption(Tcp, TcpInfo, info);
            return info[0];
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return Closed;
        }
    }
}
