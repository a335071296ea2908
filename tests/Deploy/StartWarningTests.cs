using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansLlm.Silo.Configuration.Live;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Tests.Deploy;

/// <summary>A start says nothing that means nothing.</summary>
public sealed class StartWarningTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orleansllm-warnings-").FullName;

    [Fact]
    public async Task TheEnginesWatchdog_IsHeardFromTheStartOn()
    {
        var live = new LiveCatalog("model_list: []\n", name => name is "SILO_PORT" or "GATEWAY_PORT" ? "0" : null);
        await using var app = GatewayHost.Build(new GatewayOptions { Port = 0, DataFolder = _folder, Variable = _ => null }, live);
        var watchdog = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Runtime.Watchdog");
        Assert.Equal((false, true), (watchdog.IsEnabled(LogLevel.Warning), watchdog.IsEnabled(LogLevel.Error)));
        await app.StartAsync();
        Assert.Equal((false, true), (watchdog.IsEnabled(LogLevel.Information), watchdog.IsEnabled(LogLevel.Warning)));
        await app.StopAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
