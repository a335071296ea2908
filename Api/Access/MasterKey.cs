using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>With a master key configured, every route that is not marked free needs it. Without one the gateway is open, but for what changes it.</summary>
internal sealed class MasterKey(RequestDelegate next, ICatalog catalog)
{
    private static readonly ApiError NobodyMay = new(
        403, "This gateway has no master key, and without one nobody may change it: set general_settings.master_key in its configuration file; no restart is needed.",
        "auth_error", "master_key_required");

    public Task InvokeAsync(HttpContext context)
    {
        if (catalog.Current.Settings.MasterKeyHash is not { } expected)
        {
            return context.GetEndpoint()?.Metadata.GetMetadata<AdminRoute>() is null ? next(context) : throw new RequestException(NobodyMay);
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<FreeRoute>() is not null)
        {
            return next(context);
        }

        if (Caller.KeyOf(context) is not { Length: > 0 } key)
        {
            throw new RequestException(new ApiError(401, "Authentication Error, No api key passed in.", "auth_error", "invalid_api_key"));
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return CryptographicOperations.FixedTimeEquals(hash, expected.AsSpan())
            ? next(context)
            : throw new RequestException(new ApiError(401, "Authentication Error, Invalid proxy server token passed.", "auth_error", "invalid_api_key"));
    }
}

/// <summary>Marks a route that needs no key.</summary>
internal sealed class FreeRoute;
