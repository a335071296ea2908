using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Telemetry;

namespace OrleansLlm.Api.Responses;

/// <summary>Everything under <c>/v1/responses</c>, and under the other paths that LiteLLM and Azure have it at.</summary>
internal static class ResponseRoutes
{
    private static readonly KeyRoute ForKeys = new();
    private static readonly ModelRoute ForModels = new();
    private static readonly string[] Roots = ["/v1/responses", "/responses", "/openai/v1/responses", "/openai/responses"];

    public static IServiceCollection AddResponses(this IServiceCollection services)
    {
        services.AddSingleton<RequestHistory>();
        services.AddSingleton<StoredResponses>();
        services.AddSingleton<BackgroundResponses>();
        services.AddSingleton<ResponsesEndpoint>();
        services.AddSingleton<ResponseEndpoints>();
        return services;
    }

    public static void MapResponses(this IEndpointRouteBuilder routes)
    {
        var created = routes.ServiceProvider.GetRequiredService<ResponsesEndpoint>();
        var stored = routes.ServiceProvider.GetRequiredService<ResponseEndpoints>();
        var background = routes.ServiceProvider.GetRequiredService<BackgroundResponses>();
        foreach (var root in Roots)
        {
            routes.MapPost(root, created.CreateAsync).WithMetadata(ForKeys, ForModels);
            routes.MapGet(root, ResponseSocket.RefuseAsync).WithMetadata(ForKeys);
            routes.MapPost($"{root}/compact", created.CompactAsync).WithMetadata(ForKeys, ForModels);
            routes.MapPost($"{root}/input_tokens", created.CountAsync).WithMetadata(ForKeys);
            routes.MapGet($"{root}/{{id}}", stored.GetAsync).WithMetadata(ForKeys);
            routes.MapDelete($"{root}/{{id}}", stored.DeleteAsync).WithMetadata(ForKeys);
            routes.MapGet($"{root}/{{id}}/input_items", stored.ListInputAsync).WithMetadata(ForKeys);
            routes.MapPost($"{root}/{{id}}/cancel", background.CancelAsync).WithMetadata(ForKeys);
        }
    }
}
