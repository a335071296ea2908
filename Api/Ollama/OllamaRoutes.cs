using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;

namespace OrleansLlm.Api.Ollama;

/// <summary>Ollama's routes but for those that ask a model.</summary>
internal static class OllamaRoutes
{
    private static readonly KeyRoute ForKeys = new();
    private static readonly FreeRoute Free = new();

    public static IEndpointRouteBuilder MapOllamaCatalog(this IEndpointRouteBuilder routes)
    {
        var models = ActivatorUtilities.CreateInstance<OllamaCatalog>(routes.ServiceProvider);
        routes.Map(HttpMethods.Get, "/api/tags", models.TagsAsync);
        routes.Map(HttpMethods.Get, "/api/ps", models.RunningAsync);
        routes.Map(HttpMethods.Post, "/api/show", models.ShowAsync);
        foreach (var operation in (string[])["pull", "push", "create", "copy", "blobs/{digest}"]) routes.Map(HttpMethods.Post, $"/api/{operation}", OllamaCatalog.OperatorsAsync);
        routes.Map(HttpMethods.Delete, "/api/delete", OllamaCatalog.OperatorsAsync);
        // As Ollama's: clients ask it before they know whether there are keys.
        routes.MapMethods("/api/version", [HttpMethods.Get, HttpMethods.Head], OllamaCatalog.VersionAsync).WithMetadata(Free, OllamaErrors.Instance);
        return routes;
    }

    private static void Map(this IEndpointRouteBuilder routes, string method, string pattern, RequestDelegate handler) =>
        routes.MapMethods(pattern, method == HttpMethods.Get ? [method, HttpMethods.Head] : [method], handler).WithMetadata(ForKeys, OllamaErrors.Instance);
}
