using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Caching;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Health;
using OrleansLlm.Api.Keys;
using OrleansLlm.Api.Models;
using OrleansLlm.Api.Pages;
using OrleansLlm.Api.Requests;
using OrleansLlm.Api.Responses;
using OrleansLlm.Api.Spend;
using OrleansLlm.Api.Streams;
using OrleansLlm.Api.Telemetry;
using OrleansLlm.Telemetry;

namespace OrleansLlm.Api;

/// <summary>The front end: its services, its pipeline, its routes.</summary>
public static class GatewayApi
{
    private static readonly FreeRoute Free = new();
    private static readonly KeyRoute ForKeys = new();
    private static readonly MetricsRoute ForMetrics = new();
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddGatewayApi(this IServiceCollection services)
    {
        services.AddRoutingCore();
        services.AddAccess();
        services.AddKeys();
        services.AddSingleton<RequestBodies>();
        services.AddSingleton<InferenceRequests>();
        services.AddSingleton<DoorEndpoint>();
        services.AddSingleton<LogReaders>();
        services.AddSingleton<InferenceWatch>();
        services.AddSingleton<FirstReader>();
        services.AddSingleton<StreamEndpoints>();
        services.AddSingleton<ConversationErasure>();
        services.AddSingleton<OwnConversations>();
        services.AddSingleton<ConversationEndpoints>();
        services.AddSingleton<ConversationItemEndpoints>();
        services.AddResponses();
        services.AddSingleton<DiscoveredModels>();
        services.AddSingleton<ModelEndpoints>();
        services.AddSingleton<SpendEndpoints>();
        services.AddSingleton<CacheEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.TryAddSingleton<GatewayMetrics>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddAdmin();
        services.AddPages();
        return services;
    }

    /// <summary>The pipeline, outermost first.</summary>
    public static IApplicationBuilder UseGatewayApi(this IApplicationBuilder app) => app
        .UseMiddleware<HttpMeter>()
        .UseMiddleware<ErrorBoundary>()
        .UseMiddleware<CrossOrigin>()
        .UseRouting()
        .UseMiddleware<AccessGate>();

    /// <summary>Every route there is.</summary>
    public static IEndpointRouteBuilder MapGatewayApi(this IEndpointRouteBuilder routes)
    {
        routes.MapDoors();

        var streams = routes.ServiceProvider.GetRequiredService<StreamEndpoints>();
        routes.MapGet("/v1/streams/{id}", streams.ResumeAsync).WithMetadata(ForKeys);
        routes.MapDelete("/v1/streams/{id}", streams.CancelAsync).WithMetadata(ForKeys);

        var conversations = routes.ServiceProvider.GetRequiredService<ConversationEndpoints>();
        routes.MapDelete("/v1/conversations", conversations.EraseOwnAsync).WithMetadata(ForKeys);
        routes.MapPost("/v1/conversations", conversations.CreateAsync).WithMetadata(ForKeys);
        routes.MapGet("/v1/conversations/{id}", conversations.GetAsync).WithMetadata(ForKeys);
        routes.MapPost("/v1/conversations/{id}", conversations.UpdateAsync).WithMetadata(ForKeys);
        routes.MapDelete("/v1/conversations/{id}", conversations.DeleteAsync).WithMetadata(ForKeys);
        var items = routes.ServiceProvider.GetRequiredService<ConversationItemEndpoints>();
        routes.MapGet("/v1/conversations/{id}/items", items.ListAsync).WithMetadata(ForKeys);
        routes.MapPost("/v1/conversations/{id}/items", items.AddAsync).WithMetadata(ForKeys);
        routes.MapGet("/v1/conversations/{id}/items/{item}", items.GetAsync).WithMetadata(ForKeys);
        routes.MapDelete("/v1/conversations/{id}/items/{item}", items.DeleteAsync).WithMetadata(ForKeys);
        routes.MapResponses();
        routes.MapDelete("/v1/users/{user}/conversations", conversations.EraseUserAsync).WithMetadata(AdminRoute.Mark);

        var models = routes.ServiceProvider.GetRequiredService<ModelEndpoints>();
        foreach (var root in (string[])["/v1/models", "/models", "/openai/v1/models", "/openai/models"])
        {
            routes.MapMethods(root, Read, models.ListAsync).WithMetadata(ForKeys);
            routes.MapMethods(root + "/{**id}", Read, models.GetAsync).WithMetadata(ForKeys);
        }

        routes.MapMethods("/anthropic/v1/models", Read, models.ListAsync).WithMetadata(ForKeys, AnthropicErrors.Instance);
        routes.MapMethods("/anthropic/v1/models/{**id}", Read, models.GetAsync).WithMetadata(ForKeys, AnthropicErrors.Instance);
        routes.MapGet("/model/info", models.InfoAsync).WithMetadata(ForKeys);
        routes.MapGet("/v1/model/info", models.InfoAsync).WithMetadata(ForKeys);

        var spend = routes.ServiceProvider.GetRequiredService<SpendEndpoints>();
        routes.MapGet("/spend/logs", spend.LogsAsync).WithMetadata(ForKeys);
        routes.MapGet("/global/spend/report", spend.ReportAsync);

        var cache = routes.ServiceProvider.GetRequiredService<CacheEndpoints>();
        routes.MapGet("/cache/ping", cache.PingAsync);
        routes.MapChange("/cache/delete", cache.DeleteAsync);
        routes.MapChange("/cache/flushall", cache.FlushAsync);

        routes.MapFree("/", Welcome.AnswerAsync);
        return routes.MapAdmin().MapKeys().MapPages().MapHealthRoutes();
    }

    /// <summary>All that a node without a front end has.</summary>
    public static IEndpointRouteBuilder MapHealthApi(this IEndpointRouteBuilder routes)
    {
        routes.MapFree("/", Welcome.AnswerOfSiloAsync);
        return routes.MapHealthRoutes();
    }

    private static IEndpointRouteBuilder MapHealthRoutes(this IEndpointRouteBuilder routes)
    {
        var health = routes.ServiceProvider.GetRequiredService<HealthEndpoints>();
        routes.MapFree("/health", health.HealthAsync);
        routes.MapFree("/health/liveliness", health.LivelinessAsync);
        routes.MapFree("/health/liveness", health.LivelinessAsync);
        routes.MapFree("/health/readiness", health.ReadinessAsync);
        routes.MapMethods("/metrics", Read, routes.ServiceProvider.GetRequiredService<MetricsEndpoint>().AnswerAsync).WithMetadata(ForMetrics, ForKeys);
        return routes;
    }

    private static void MapFree(this IEndpointRouteBuilder routes, string pattern, RequestDelegate handler) =>
        routes.MapMethods(pattern, Read, handler).WithMetadata(Free);
}
