using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Admin;

namespace OrleansLlm.Api.Keys;

/// <summary>The services and routes of keys, users and teams.</summary>
internal static class KeyRoutes
{
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<AccountListing>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<SortedKeys>();
        services.AddSingleton<SpendReader>();
        services.AddSingleton<NewAccounts>();
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<KeyAliases>();
        services.AddSingleton<HolderEndpoints>();
        services.AddSingleton<HolderSearch>();
        services.AddSingleton<TeamReader>();
        services.AddSingleton<TeamMembers>();
        services.AddSingleton<MemberEndpoints>();
        services.AddSingleton<HolderViews>();
        return services;
    }

    public static IEndpointRouteBuilder MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.ServiceProvider.GetRequiredService<KeyEndpoints>();
        routes.MapChange("/key/generate", keys.GenerateAsync);
        routes.MapChange("/key/update", keys.UpdateAsync);
        routes.MapChange("/key/delete", keys.DeleteAsync);
        routes.MapChange("/key/block", keys.BlockAsync);
        routes.MapChange("/key/unblock", keys.UnblockAsync);
        routes.MapChange("/key/regenerate", keys.RegenerateAsync);
        routes.MapChange("/key/{key}/regenerate", keys.RegenerateAsync);
        routes.MapChange("/key/{key}/reset_spend", keys.ResetSpendAsync);
        routes.MapView("/key/list", keys.ListAsync);
        routes.MapView("/key/aliases", routes.ServiceProvider.GetRequiredService<KeyAliases>().ListAsync);
        routes.MapView("/key/info", keys.InfoAsync).WithMetadata(new KeyRoute());

        var holders = routes.ServiceProvider.GetRequiredService<HolderEndpoints>();
        foreach (var holder in (HolderKind[])[HolderKind.User, HolderKind.Team])
        {
            routes.MapChange($"/{holder.Name}/new", context => holders.NewAsync(context, holder));
            routes.MapChange($"/{holder.Name}/update", context => holders.UpdateAsync(context, holder));
            routes.MapChange($"/{holder.Name}/delete", context => holders.DeleteAsync(context, holder));
            routes.MapChange($"/{holder.Name}/block", context => holders.SetBlockedAsync(context, holder, blocked: true));
            routes.MapChange($"/{holder.Name}/unblock", context => holders.SetBlockedAsync(context, holder, blocked: false));
        }

        var members = routes.ServiceProvider.GetRequiredService<MemberEndpoints>();
        routes.MapChange("/team/member_add", members.AddAsync);
        routes.MapChange("/team/member_delete", members.DeleteAsync);
        routes.MapChange("/team/member_update", members.UpdateAsync);

        var views = routes.ServiceProvider.GetRequiredService<HolderViews>();
        routes.MapView("/user/info", views.UserAsync);
        routes.MapView("/user/list", views.UsersAsync);
        routes.MapView("/team/info", views.TeamAsync);
        routes.MapView("/team/list", views.TeamsAsync);
        routes.MapView("/v2/team/list", views.TeamPageAsync);

        return routes;
    }
}
