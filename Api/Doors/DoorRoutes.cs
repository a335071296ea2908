using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Completions;
using OrleansLlm.Api.Embeddings;

namespace OrleansLlm.Api.Doors;

/// <summary>Every route by which a model can be asked.</summary>
internal static class DoorRoutes
{
    private static readonly KeyRoute ForKeys = new();

    public static IEndpointRouteBuilder MapDoors(this IEndpointRouteBuilder routes)
    {
        var endpoint = routes.ServiceProvider.GetRequiredService<DoorEndpoint>();
        routes.MapOpenAi(endpoint, new ChatDoor(), "chat/completions");
        routes.MapOpenAi(endpoint, new CompletionDoor(), "completions");
        routes.MapOpenAi(endpoint, new EmbeddingDoor(), "embeddings");
        return routes;
    }

    /// <summary>With and without the version, and under the paths that name the model.</summary>
    private static void MapOpenAi(this IEndpointRouteBuilder routes, DoorEndpoint endpoint, IDoor door, string operation) =>
        routes.MapDoor(endpoint, door, [$"/v1/{operation}", $"/{operation}", .. RouteModel.Patterns(operation)]);

    private static void MapDoor(this IEndpointRouteBuilder routes, DoorEndpoint endpoint, IDoor door, params ReadOnlySpan<string> patterns)
    {
        foreach (var pattern in patterns) routes.MapPost(pattern, endpoint.For(door)).WithMetadata(ForKeys);
    }
}
