using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Conversations;
using OrleansLlm.Caching;
using OrleansLlm.Catalog;
using OrleansLlm.Inference;

namespace OrleansLlm.Api.Caching;

/// <summary>Whether and how a request uses the cache: its body, else what is configured.</summary>
internal static class CacheFields
{
    /// <returns>Null: it does not.</returns>
    public static CacheUse? Read(HttpContext context, ChatFields fields, InferenceKind kind, CacheOptions options)
    {
        if (!options.Enabled || !options.Kinds.Contains(kind)) return null;
        var controls = fields.Cache;
        if (options.OptIn && controls?.UseCache is not true) return null;
        // Only a chat can be gathered from its chunks and told as chunks again.
        if (fields.Stream && kind != InferenceKind.Chat) return null;
        return new CacheUse
        {
            Owner = options.Shared ? "" : ConversationOwner.Of(context, fields.User).Name,
            Namespace = controls?.Namespace ?? options.Namespace,
            NoCache = controls?.NoCache ?? false,
            NoStore = controls?.NoStore ?? false,
            Ttl = controls?.Ttl ?? options.Ttl,
            MaxAge = controls?.MaxAge,
        };
    }
}
