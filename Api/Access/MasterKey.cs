using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Access;

/// <summary>With a master key configured, every route that is not marked free needs it. Without one the gateway is open.</summary>
internal sealed class MasterKey(RequestDelegate next, ICatalog catalog)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (catalog.Current.Settings.MasterKeyHash is not { } expected || context.GetEndpoint()?.Metadata.GetMetadata<FreeRoute>() is not null)
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
