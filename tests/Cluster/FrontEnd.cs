using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Cluster;

/// <summary>A front end on a real socket, which reaches the grains through one client of the cluster.</summary>
internal sealed class FrontEnd : IAsyncDisposable
{
    private readonly WebApplication _web;

    private FrontEnd(WebApplication web)
    {
        _web = web;
        Http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync })
        {
            BaseAddress = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
            Timeout = TimeSpan.FromMinutes(3),
        };
    }

    public HttpClient Http { get; }

    /// <param name="handovers">Those of the grains in the same process, if there are any.</param>
    /// <param name="time">Of the front end alone: the grains keep the system's.</param>
    public static async Task<FrontEnd> StartAsync(IClusterClient client, string yaml, NodeName node, Handovers? handovers, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IGrainFactory>(client);
        builder.Services.AddSingleton(client);
        builder.Services.AddNodeCatalog(yaml);
        builder.Services.AddSingleton(node);
        if (handovers is not null) builder.Services.AddSingleton(handovers);
        builder.Services.AddSingleton(time);
        builder.Services.AddGatewayApi();
        var web = builder.Build();
        web.UseGatewayApi();
        web.MapGatewayApi();
        await web.StartAsync();
        return new FrontEnd(web);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _web.StopAsync();
        await _web.DisposeAsync();
    }

    /// <summary>A client that leaves resets its connection: a storm of them would leave no ports for the next test's silos.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(enable: true, seconds: 0) };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
