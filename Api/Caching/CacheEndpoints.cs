using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;
using OrleansLlm.Caching;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Caching;

/// <summary>LiteLLM's routes for whoever looks after the cache: <c>/cache/ping</c>, <c>/cache/delete</c>, <c>/cache/flushall</c>.</summary>
internal sealed class CacheEndpoints(IGrainFactory grains, ICatalog catalog)
{
    private const int MostKeys = 1000;
    private const int KeyLength = 64;

    /// <summary>Whether it is on and can be reached.</summary>
    public async Task PingAsync(HttpContext context)
    {
        var options = catalog.Current.Settings.Cache;
        if (!options.Enabled) throw new RequestException(Off);
        await CallAsync(grains.GetGrain<ICacheFlushGrain>(ICacheFlushGrain.Key).GetLastAsync());
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "healthy");
            json.WriteString("cache_type", options.Redis is null ? "local" : "redis");
            json.WriteBoolean("ping_response", true);
            json.WriteEndObject();
        });
    }

    /// <summary><c>{"keys": […]}</c>, as answers name them in <c>x-litellm-cache-key</c>.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        if (!body.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() > MostKeys || keys.EnumerateArray().Any(k => !IsKey(k)))
        {
            throw AdminBody.Wrong("keys", $"a list of at most {MostKeys} keys, as in x-litellm-cache-key");
        }

        var deleted = await Task.WhenAll(keys.EnumerateArray().Select(k => CallAsync(grains.GetGrain<ICompletionCacheGrain>(k.GetString()!).RemoveAsync())));
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WriteNumber("deleted", deleted.Count(d => d));
            json.WriteEndObject();
        });
    }

    /// <summary>Of everybody.</summary>
    public async Task FlushAsync(HttpContext context)
    {
        await CallAsync(FlushAllAsync());
        await JsonAnswer.WriteAsync(context, static json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WriteEndObject();
        });
    }

    private static ApiError Off => new(503, "The cache is off (litellm_settings.cache).", "service_unavailable", "cache_off");

    private async Task<bool> FlushAllAsync()
    {
        await grains.GetGrain<ICacheFlushGrain>(ICacheFlushGrain.Key).FlushAsync();
        return true;
    }

    private static bool IsKey(JsonElement key) =>
        key.ValueKind == JsonValueKind.String && key.GetString()! is { Length: KeyLength } text && text.All(char.IsAsciiHexDigitLower);

    private static async Task<T> CallAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception e) when (LostContact.Is(e))
        {
            throw new RequestException(new ApiError(503, "The cache could not be reached; trying again is safe.", "service_unavailable", "cache_unreachable"));
        }
    }
}
