using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Telemetry;

namespace OrleansLlm.Api.Doors;

/// <summary>Every route by which a model can be asked.</summary>
internal static class DoorRoutes
{
    private static readonly KeyRoute ForKeys = new();
    private static readonly ModelRoute ForModels = new();

    public static IEndpointRouteBuilder MapDoors(this IEndpointRouteBuilder routes)
    {
        var endpoint = routes.ServiceProvider.GetRequiredService<DoorEndpoint>();
        routes.MapDoor(endpoint, new ChatDoor(), "/v1/chat/completions", "/chat/completions");
        return routes;
    }

    private static void MapDoor(this IEndpointRouteBuilder routes, DoorEndpoint endpoint, IDoor door, params ReadOnlySpan<string> patterns)
    {
        foreach (var pattern in patterns) routes.MapPost(pattern, endpoint.For(door)).WithMetadata(ForKeys, ForModels);
    }
}
