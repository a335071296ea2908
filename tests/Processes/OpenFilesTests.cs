using System.Net;
using System.Net.Sockets;
using OrleansLlm.Silo.Hosting;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Processes;

/// <summary>Where the system lets the process open few files, clients get fewer connections, and not the process its end.</summary>
public sealed class OpenFilesTests : IDisposable
{
    private const int Few = 512;

    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-process-").FullName;

    [Theory]
    [InlineData(10_000, null, 5, 10_000)]
    [InlineData(10_000, 1_048_576, 5, 10_000)]
    [InlineData(10_000, 1_024, 5, 571)]
    [InlineData(100, 1_024, 5, 100)]
    [InlineData(10_000, 1_024, 100_000, 288)]
    [InlineData(10_000, 256, 5, OpenFiles.LeastConnections)]
    public void ClientsGet_WhatIsLeftOfTheLimit(int max, int? limit, int slots, int connections) => Assert.Equal(connections, OpenFiles.Connections(max, limit, slots));

    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             1024                 1024                 processes ", null)]
    public void TheSoftLimit_IsTheOneThatHolds(string row, int? limit) =>
        Assert.Equal(limit, OpenFiles.Parse($"Limit                     Soft Limit           Hard Limit           Units     \n{row}\nMax nice priority         0                    0                    \n"));

    [Fact]
    public async Task MoreConnectionsThanFiles_EndNothing_AndTheStartHasWarned()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells its limit");
        await using var gateway = GatewayProcessUnderTest.StartWith(Few, _folder, "--port 0");
        await gateway.ReadyAsync();
        Assert.Contains($"[FewOpenFiles] The system lets this process open {Few} files", gateway.Output, StringComparison.Ordinal);
        // A burst opens more than the process has for a moment. What a first request loads has to be there by then: a library that cannot be opened once is never opened again.
        using var http = new HttpClient { BaseAddress = gateway.Address };
        Assert.True(await LivesAsync(http));
        var clients = new List<Socket>();
        try
        {
            for (var i = 0; i < 2 * Few; i++)
            {
                clients.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await clients[i].ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
            }

            // Those that are too many are closed by the gateway: it is alive, and has gone through all of them.
            await clients[^1].ReceiveAsync(new byte[1]);
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }

        await Eventually.UntilAsync(async () => await LivesAsync(http), "the gateway serves");
        Assert.False(gateway.HasExited);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<bool> LivesAsync(HttpClient http)
    {
        try
        {
            return (await http.GetAsync(new Uri("/health/readiness", UriKind.Relative))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
