using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansLlm.Api.Admin;

/// <summary>Marks a route that shows or changes what is the administrator's: it needs the master key, and where none is configured nobody has it.</summary>
internal sealed class AdminRoute
{
    public static AdminRoute Mark { get; } = new();
}

internal static class AdminRouteMapping
{
    public static void MapChange(this IEndpointRouteBuilder routes, string pattern, RequestDelegate handler) => routes.MapPost(pattern, handler).WithMetadata(AdminRoute.Mark);

    public static IEndpointConventionBuilder MapView(this IEndpointRouteBuilder routes, string pattern, RequestDelegate handler) => routes.MapGet(pattern, handler).WithMetadata(AdminRoute.Mark);
}
