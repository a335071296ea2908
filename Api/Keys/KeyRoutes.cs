using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Admin;

namespace OrleansLlm.Api.Keys;

/// <summary>The services and routes of keys, users and teams.</summary>
internal static class KeyRoutes
{
    private static readonly AdminRoute Admin = new();

    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<AccountStore>();
        services.AddSingleton<SpendReader>();
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<HolderEndpoints>();
        return services;
    }

    public static IEndpointRouteBuilder MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.ServiceProvider.GetRequiredService<KeyEndpoints>();
        routes.MapAdmin("/key/generate", keys.GenerateAsync);
        routes.MapAdmin("/key/update", keys.UpdateAsync);
        routes.MapAdmin("/key/delete", keys.DeleteAsync);
        routes.MapAdmin("/key/block", keys.BlockAsync);
        routes.MapAdmin("/key/unblock", keys.UnblockAsync);
        routes.MapAdmin("/key/regenerate", keys.RegenerateAsync);
        routes.MapAdmin("/key/{key}/regenerate", keys.RegenerateAsync);
        routes.MapAdmin("/key/{key}/reset_spend", keys.ResetSpendAsync);
        routes.MapGet("/key/list", keys.ListAsync).WithMetadata(Admin);
        routes.MapGet("/key/info", keys.InfoAsync).WithMetadata(Admin, new KeyRoute());

        var holders = routes.ServiceProvider.GetRequiredService<HolderEndpoints>();
        foreach (var holder in (HolderKind[])[HolderKind.User, HolderKind.Team])
        {
            routes.MapAdmin($"/{holder.Name}/new", context => holders.NewAsync(context, holder));
            routes.MapAdmin($"/{holder.Name}/update", context => holders.UpdateAsync(context, holder));
            routes.MapAdmin($"/{holder.Name}/delete", context => holders.DeleteAsync(context, holder));
            routes.MapAdmin($"/{holder.Name}/block", context => holders.SetBlockedAsync(context, holder, blocked: true));
            routes.MapAdmin($"/{holder.Name}/unblock", context => holders.SetBlockedAsync(context, holder, blocked: false));
            routes.MapGet($"/{holder.Name}/info", context => holders.InfoAsync(context, holder)).WithMetadata(Admin);
            routes.MapGet($"/{holder.Name}/list", context => holders.ListAsync(context, holder)).WithMetadata(Admin);
        }

        return routes;
    }

    private static void MapAdmin(this IEndpointRouteBuilder routes, string pattern, RequestDelegate handler) => routes.MapPost(pattern, handler).WithMetadata(Admin);
}
