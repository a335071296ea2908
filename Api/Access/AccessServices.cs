using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLlm.Api.Audit;

namespace OrleansLlm.Api.Access;

/// <summary>What the gate at the door needs.</summary>
internal static class AccessServices
{
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.TryAddSingleton(new AuditFolder(null));
        services.AddSingleton<IAuditLog, FileAuditLog>();
        services.AddSingleton<LoginGuard>();
        services.AddSingleton<AccountCache>();
        return services;
    }
}
