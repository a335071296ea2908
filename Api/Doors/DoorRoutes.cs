using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Anthropic;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Completions;
using OrleansLlm.Api.Embeddings;
using OrleansLlm.Api.Ollama;
using OrleansLlm.Api.Telemetry;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Doors;

/// <summary>Every route by which a model can be asked.</summary>
internal static class DoorRoutes
{
    private static readonly KeyRoute ForKeys = new();
    private static readonly ModelRoute ForModels = new();

    public static IEndpointRouteBuilder MapDoors(this IEndpointRouteBuilder routes)
    {
        var endpoint = routes.ServiceProvider.GetRequiredService<DoorEndpoint>();
        routes.MapOpenAi(endpoint, new ChatDoor(), "chat/completions");
        routes.MapOpenAi(endpoint, new CompletionDoor(), "completions");
        routes.MapOpenAi(endpoint, new EmbeddingDoor(), "embeddings");

        var catalog = routes.ServiceProvider.GetRequiredService<ICatalog>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        var messages = new MessagesDoor(catalog, time);
        routes.MapDoor(endpoint, messages, "/v1/messages", "/anthropic/v1/messages").WithErrors(AnthropicErrors.Instance);
        routes.MapDoor(endpoint, new CountTokensDoor(messages), "/v1/messages/count_tokens", "/anthropic/v1/messages/count_tokens").WithErrors(AnthropicErrors.Instance);

        routes.MapDoor(endpoint, new OllamaChatDoor(catalog, time), "/api/chat").WithErrors(OllamaErrors.Instance);
        routes.MapDoor(endpoint, new OllamaGenerateDoor(catalog, time), "/api/generate").WithErrors(OllamaErrors.Instance);
        routes.MapDoor(endpoint, new OllamaEmbedDoor(catalog, time, isOld: false), "/api/embed").WithErrors(OllamaErrors.Instance);
        routes.MapDoor(endpoint, new OllamaEmbedDoor(catalog, time, isOld: true), "/api/embeddings").WithErrors(OllamaErrors.Instance);
        return routes.MapOllamaCatalog();
    }

    /// <summary>With and without the version, as Azure's newer clients have it, with or without theirs, and under the paths that name the model.</summary>
    private static void MapOpenAi(this IEndpointRouteBuilder routes, DoorEndpoint endpoint, IDoor door, string operation) =>
        routes.MapDoor(endpoint, door, [$"/v1/{operation}", $"/{operation}", $"/openai/v1/{operation}", $"/openai/{operation}", .. RouteModel.Patterns(operation)]);

    private static List<IEndpointConventionBuilder> MapDoor(this IEndpointRouteBuilder routes, DoorEndpoint endpoint, IDoor door, params ReadOnlySpan<string> patterns)
    {
        var mapped = new List<IEndpointConventionBuilder>();
        foreach (var pattern in patterns) mapped.Add(routes.MapPost(pattern, endpoint.For(door)).WithMetadata(ForKeys, ForModels));
        return mapped;
    }

    /// <summary>Errors on the way to the door, such as a wrong key, are said in its form as well.</summary>
    private static void WithErrors(this List<IEndpointConventionBuilder> routes, IErrorForm form)
    {
        foreach (var route in routes) route.WithMetadata(form);
    }
}
