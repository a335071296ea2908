using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLlm.Tests.Gateway.Connections;

/// <summary>A client that sends exactly the bytes it is told to, and takes as many as it likes.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly StringBuilder _received = new();

    /// <summary>All that has been read so far.</summary>
    public string Received => _received.ToString();

    /// <param name="smallWindow">The client's own system takes next to nothing in for it.</param>
    public static async Task<RawClient> ConnectAsync(Uri gateway, bool smallWindow = false)
    {
        var client = new RawClient();
        if (smallWindow) client._socket.ReceiveBufferSize = 4096;
        await client._socket.ConnectAsync(IPAddress.Loopback, gateway.Port);
        return client;
    }

    /// <inheritdoc cref="ConnectAsync" path="/param"/>
    public static async Task<RawClient> AskAsync(Uri gateway, string request, bool smallWindow = false)
    {
        var client = await ConnectAsync(gateway, smallWindow);
        await client.SendAsync(request);
        return client;
    }

    public static string Post(string path, string body, string headers = "") =>
        $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!bytes.IsEmpty) bytes = bytes[await _socket.SendAsync(bytes, patience.Token)..];
    }

    /// <summary>One byte after the other, until the gateway will not have any more.</summary>
    public async Task DripAsync(byte drop, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await SendAsync(new[] { drop });
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It has hung up, or the test has seen enough.
        }
    }

    /// <summary>Says that nothing more will come from here; what the gateway sends can still be read.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads until what was read holds this.</summary>
    public async Task<string> UntilAsync(string text)
    {
        while (!Received.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(await ReadAsync() > 0, $"The connection ended before '{text}': {Received}");
        }

        return Received;
    }

    /// <summary>Reads until the gateway closes the connection; a reset is as good as an end.</summary>
    public async Task<string> ToTheEndAsync()
    {
        try
        {
            while (await ReadAsync() > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset.
        }

        return Received;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<int> ReadAsync()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var buffer = new byte[16 * 1024];
        var bytes = await _socket.ReceiveAsync(buffer, patience.Token);
        _received.Append(Encoding.Latin1.GetString(buffer, 0, bytes));
        return bytes;
    }
}
