using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansLlm.Api.Admin;

/// <summary>The administrators' services and routes.</summary>
internal static class AdminRoutes
{
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<CatalogChanges>();
        services.AddSingleton<ModelAdmin>();
        services.AddSingleton<BackendAdmin>();
        return services;
    }

    public static IEndpointRouteBuilder MapAdmin(this IEndpointRouteBuilder routes)
    {
        var models = routes.ServiceProvider.GetRequiredService<ModelAdmin>();
        routes.MapChange("/model/new", models.NewAsync);
        routes.MapChange("/model/update", models.UpdateAsync);
        routes.MapChange("/model/delete", models.DeleteAsync);

        var backends = routes.ServiceProvider.GetRequiredService<BackendAdmin>();
        routes.MapGet("/backend/list", backends.ListAsync);
        routes.MapChange("/backend/new", backends.NewAsync);
        routes.MapChange("/backend/delete", backends.DeleteAsync);
        routes.MapChange("/backend/drain", backends.DrainAsync);
        routes.MapChange("/backend/undrain", backends.UndrainAsync);
        routes.MapChange("/backend/reset", backends.ResetCircuitAsync);
        routes.MapChange("/catalog/reset", backends.ResetAsync);
        return routes;
    }
}
