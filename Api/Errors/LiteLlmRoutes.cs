using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace OrleansLlm.Api.Errors;

/// <summary>What LiteLLM's proxy has routes under, whether or not there are some here.</summary>
internal static class LiteLlmRoutes
{
    private const int DeepEnough = 3;

    private static readonly FrozenSet<string> Families = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "a2a", "access_group", "agents", "budget", "cache", "callbacks", "config", "credentials", "customer", "end_user", "global", "guardrails", "invitation", "key", "mcp", "model", "model_group", "organization",
        "policies", "project", "prompts", "provider", "routes", "scim", "settings", "spend", "sso", "tag", "team", "user", "utils",
        "assistants", "audio", "batches", "containers", "files", "fine_tuning", "images", "moderations", "ocr", "realtime", "rerank", "search", "threads", "vector_stores", "videos");

    /// <summary>Its part of the path, with the version before it; null: LiteLLM has nothing there either.</summary>
    public static string? FamilyOf(PathString path)
    {
        var parts = path.Value?.Split('/', DeepEnough, StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (parts is [var first, ..] && Families.Contains(first)) return "/" + first;
        return parts is ["v1" or "v2" or "openai", var second, ..] && second.Split('/')[0] is var family && Families.Contains(family) ? $"/{parts[0]}/{family}" : null;
    }
}
