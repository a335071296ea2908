using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A real redis-server on a port of its own that keeps every write in an append-only file, as deploy does.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port = Ports.Free();
    private Process? _process;

    private RedisServer(string folder) => _folder = folder;

    public string Url => $"redis://127.0.0.1:{_port}";

    /// <returns>Null where there is no redis-server on the path.</returns>
    public static async Task<RedisServer?> StartAsync(string folder)
    {
        var server = new RedisServer(folder);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public async Task StartAsync()
    {
        var arguments = $"--port {_port} --bind 127.0.0.1 --appendonly yes --appendfsync always --save \"\" --dir {_folder}";
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
        _process.BeginOutputReadLine();
        await Eventually.UntilAsync(AnswersAsync, "Redis answers", TimeSpan.FromMinutes(2));
    }

    public async Task StopAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
