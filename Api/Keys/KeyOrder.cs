using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;

namespace OrleansLlm.Api.Keys;

/// <summary>What the list of keys can be sorted by, under LiteLLM's names.</summary>
/// <param name="By">Null: not said.</param>
internal readonly record struct KeyOrder(string? By, bool Descending)
{
    public const string Alias = "key_alias";
    public const string Creation = "created_at";

    /// <summary>The order of the index, by a hash of ours.</summary>
    public const string Token = "token";

    /// <summary>Which takes all of them to be read.</summary>
    public bool IsSorted => By is Alias or Creation;

    public static KeyOrder Of(HttpRequest request)
    {
        var descending = ListFilters.IsDescending(request);
        return ListFilters.Text(request, "sort_by") switch
        {
            // Which says nothing of the order, as in LiteLLM.
            null => new KeyOrder(null, false),
            Token => descending ? throw AdminBody.Wrong("sort_order", $"asc with sort_by={Token}") : new KeyOrder(Token, false),
            (Alias or Creation) and var by => new KeyOrder(by, descending),
            _ => throw AdminBody.Wrong("sort_by", $"one of {Alias}, {Creation}, {Token}"),
        };
    }
}
