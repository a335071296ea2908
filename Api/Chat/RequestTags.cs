using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Access;
using OrleansLlm.Api.Errors;
using OrleansLlm.Catalog;

namespace OrleansLlm.Api.Chat;

/// <summary>By which tags a request is routed: what its header and its body say, and what its key and its team have, as LiteLLM puts them together.</summary>
internal static class RequestTags
{
    private const string Header = "x-litellm-tags";
    private const int Most = 64;
    private const int Longest = 256;

    /// <param name="rights">Of a virtual key; null: there is none.</param>
    /// <returns>Empty where deployments are not chosen by them.</returns>
    /// <exception cref="RequestException">They are no tags, or not the client's to say.</exception>
    public static ImmutableArray<string> Of(IHeaderDictionary headers, ChatFields fields, Rights? rights, GatewayCatalog catalog)
    {
        var refuses = catalog.Settings.Access.RefusesClientTags;
        if (!refuses && !catalog.Routing.FiltersTags) return [];
        if (fields.WrongTags is { } wrong) throw wrong;
        string[] said = [.. headers[Header].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), .. fields.Tags.Where(tag => tag.Length > 0)];
        if (refuses && said.Length > 0)
        {
            throw new RequestException(ApiError.BadRequest(
                "This gateway takes no tags from clients (general_settings.reject_clientside_metadata_tags): a key and its team have their own.", "tags", "client_tags_refused"));
        }

        if (said.Length > Most || Array.Exists(said, tag => tag.Length > Longest))
        {
            throw new RequestException(ApiError.BadRequest($"Invalid value for 'tags': at most {Most} tags of at most {Longest} characters.", "tags", "invalid_value"));
        }

        return catalog.Routing.FiltersTags ? [.. said.Concat(rights?.Tags ?? []).Distinct(StringComparer.Ordinal)] : [];
    }
}
