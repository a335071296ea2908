using System.Net.Sockets;

namespace OrleansLlm.Tests.Gateway.Connections;

/// <summary>One connection of its own, for one question.</summary>
internal static class Connection
{
    /// <summary>Whether there is room for another connection.</summary>
    public static async Task<bool> IsServedAsync(Uri gateway)
    {
        try
        {
            using var client = await RawClient.ConnectAsync(gateway);
            await client.SendAsync("GET /health/liveliness HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            return (await client.ToTheEndAsync()).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            // Closed before it could ask.
            return false;
        }
    }
}
