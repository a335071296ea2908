using System.Net.Sockets;

namespace OrleansLlm.Tests.Gateway.Connections;

/// <summary>One connection of its own, for one question.</summary>
internal static class Connection
{
    /// <summary>
    /// Whether a connection is answered. Of one that has ended its client may know before its server has counted it: while there is room for one, it is to be asked again.
    /// </summary>
    public static async Task<bool> IsServedAsync(Uri gateway, string headers = "Connection: close\r\n")
    {
        try
        {
            using var client = await RawClient.ConnectAsync(gateway);
            await client.SendAsync($"GET /health/liveliness HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
            return (await client.ToTheEndAsync()).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            // Closed before it could ask.
            return false;
        }
    }
}
