using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansLlm.Bench.Fuzz.Http;

namespace OrleansLlm.Tests.Gateway.Fuzz;

/// <summary>A little of <c>bench -- fuzz</c>, always the same: every route there is, wrong requests, and upstream services that answer nonsense.</summary>
public class FuzzTests
{
    private const int Seed = 8;
    private const int Cases = 600;

    [Fact]
    public async Task WhateverIsSentAndAnswered_NoRuleIsBroken_OnAnyRoute()
    {
        await using var upstream = new SpoiltUpstream();
        using var errors = new ErrorLog();
        await using var gateway = await TestGateway.StartAsync(FuzzConfig.Yaml(upstream.Port, workers: 1), more: services => services.AddSingleton<ILoggerProvider>(errors));
        var routes = FuzzRoute.Of(gateway.Services.GetRequiredService<EndpointDataSource>());
        var target = new FuzzTarget(new IPEndPoint(IPAddress.Loopback, gateway.Address.Port), upstream, routes, errors);
        // A service that falls silent costs a timeout: that is the long run's.
        var fuzz = new HttpFuzz(target, new CaseMaker(Seed, routes, maySilence: false), TimeSpan.FromMinutes(2));
        await fuzz.RunAsync(workers: 1, Cases);
        Assert.Empty(fuzz.Found.Select(f => $"case {f.Number}: {f.What}\n{f.Case}"));
        Assert.Equal(routes.Select(r => r.Pattern).Distinct().Order(StringComparer.Ordinal), fuzz.Reached.Order(StringComparer.Ordinal));
    }
}
