using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Api.Live;
using OrleansLlm.Api.Sessions;
using OrleansLlm.Api.Usage;

namespace OrleansLlm.Api.Pages;

/// <summary>The services and routes of the web pages; everything else they use is the gateway's own API.</summary>
internal static class PageRoutes
{
    private static readonly FreeRoute Free = new();
    private static readonly KeyRoute ForKeys = new();

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.TryAddSingleton(NodeName.Default);
        services.TryAddSingleton(SimulatedAddresses.None);
        services.TryAddSingleton(LedgerReach.Everybody);
        services.AddSingleton<PageAssets>();
        services.AddSingleton<PageEndpoints>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SessionEndpoints>();
        services.AddSingleton<KeyNames>();
        services.AddSingleton<KeySearch>();
        services.AddSingleton<LiveHub>();
        services.AddSingleton<LiveJson>();
        services.AddSingleton<LiveEndpoints>();
        services.AddSingleton<RequestEndpoints>();
        services.AddSingleton<UsageEndpoints>();
        services.AddSingleton<ConversationPages>();
        return services;
    }

    public static IEndpointRouteBuilder MapPages(this IEndpointRouteBuilder routes)
    {
        var pages = routes.ServiceProvider.GetRequiredService<PageEndpoints>();
        routes.MapFree("/ui", pages.PageAsync);
        foreach (var page in (ReadOnlySpan<string>)["backends", "requests", "usage", "keys", "playground"]) routes.MapFree("/ui/" + page, pages.PageAsync);
        routes.MapFree("/ui/assets/{name}", pages.AssetAsync);

        var sessions = routes.ServiceProvider.GetRequiredService<SessionEndpoints>();
        routes.MapFree("/ui/session", sessions.TellAsync);
        routes.MapPost("/ui/session", sessions.BeginAsync).WithMetadata(ForKeys);
        routes.MapDelete("/ui/session", sessions.EndAsync).WithMetadata(ForKeys);

        var live = routes.ServiceProvider.GetRequiredService<LiveEndpoints>();
        routes.MapForKeys("/ui/live", live.StreamAsync);
        routes.MapForKeys("/ui/api/backends", live.BackendsAsync);

        var requests = routes.ServiceProvider.GetRequiredService<RequestEndpoints>();
        routes.MapForKeys("/ui/api/requests", requests.ListAsync);
        routes.MapForKeys("/ui/api/requests/{id}", requests.GetAsync);

        routes.MapForKeys("/ui/api/usage", routes.ServiceProvider.GetRequiredService<UsageEndpoints>().GetAsync);

        var conversations = routes.ServiceProvider.GetRequiredService<ConversationPages>();
        routes.MapForKeys("/ui/api/conversations", conversations.ListAsync);
        routes.MapForKeys("/ui/api/conversations/{id}", conversations.GetAsync);
        return routes;
    }

    private static void MapFree(this IEndpointRouteBuilder routes, string pattern, RequestDelegate handler) =>
        routes.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler).WithMetadata(Free);

    private static void MapForKeys(this IEndpointRouteBuilder routes, string pattern, RequestDelegate handler) =>
        routes.MapGet(pattern, handler).WithMetadata(ForKeys);
}
