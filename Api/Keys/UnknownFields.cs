using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>
/// What a body says of a key, a user or a team that nobody here knows. LiteLLM passes over it, and so does this, with a word; but not where it was
/// meant to restrict and is only written otherwise.
/// </summary>
internal static class UnknownFields
{
    /// <summary>Fields that restrict.</summary>
    private static readonly string[] Restricting =
    [
        "models", "rpm_limit", "tpm_limit", "max_parallel_requests", "model_rpm_limit", "model_tpm_limit", "model_max_parallel_requests", "max_budget", "soft_budget", "budget_duration", "blocked", "duration", "expires",
    ];

    /// <summary>What they are called elsewhere: in deployments, in configurations, in other gateways.</summary>
    private static readonly Dictionary<string, string> Synonyms = new(StringComparer.Ordinal)
    {
        ["rpm"] = "rpm_limit",
        ["maxrpm"] = "rpm_limit",
        ["tpm"] = "tpm_limit",
        ["maxtpm"] = "tpm_limit",
        ["maxparallel"] = "max_parallel_requests",
        ["parallelrequest"] = "max_parallel_requests",
        ["budget"] = "max_budget",
        ["allowedmodel"] = "models",
        ["expiresat"] = "expires",
    };

    private static readonly Dictionary<string, string> Meant =
        Restricting.Select(name => KeyValuePair.Create(Plain(name), name)).Concat(Synonyms).ToDictionary(StringComparer.Ordinal);

    /// <summary>Names them in <c>x-dropped-params</c>, as those of a request that a model does not take.</summary>
    /// <exception cref="RequestException">One of them is another spelling of a field that restricts.</exception>
    public static void Tell(HttpContext context, AccountKind kind, JsonElement body)
    {
        var unknown = body.EnumerateObject().Where(f => !AccountFields.Knows(kind, f.Name) && !FieldReader.IsEmpty(f.Value)).Select(f => f.Name).ToList();
        foreach (var name in unknown)
        {
            if (Meant.TryGetValue(Plain(name), out var meant)) throw new RequestException(ApiError.BadRequest($"{name} is not a field here and would restrict nothing: {Instead(kind, meant)}", name, "unknown_parameter"));
        }

        if (unknown.Count > 0) context.Response.Headers["x-dropped-params"] = AnswerHeaders.Dropped(unknown);
    }

    private static string Instead(AccountKind kind, string meant) => meant is "expires" or "duration" && kind != AccountKind.Key ? "only keys expire." : $"did you mean {meant}?";

    /// <summary>Its letters, without the one of a plural.</summary>
    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetter)).ToLowerInvariant().TrimEnd('s');
}
