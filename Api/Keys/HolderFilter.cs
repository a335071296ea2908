using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Which users or teams are asked for, and in which order.</summary>
internal sealed record HolderFilter
{
    private const int MostIds = 1_000;

    /// <summary>LiteLLM's name for having none.</summary>
    private const string NoOrganization = "default_organization";

    /// <summary>What the index can be asked.</summary>
    public IndexQuery Query { get; private init; } = new();

    /// <summary>Only these; null: any.</summary>
    public IReadOnlyList<string>? Ids { get; private init; }

    /// <summary>Of teams: only this user's; null: anybody's.</summary>
    public string? UserId { get; private init; }

    /// <summary>What is to be seen from the account alone; null: nothing is.</summary>
    public Func<Account, bool>? Sieve { get; private init; }

    /// <summary>Null: as the index has them.</summary>
    public IComparer<Account>? Order { get; private init; }

    /// <summary>The same where the index can tell it by itself; null: it cannot.</summary>
    public IComparer<IndexEntry>? OrderOfEntries { get; private init; }

    /// <summary>The parameters for which each account is looked at.</summary>
    public string Reason { get; init; } = "page";

    /// <summary>LiteLLM's of <c>/user/list</c>.</summary>
    public static HolderFilter OfUsers(HttpRequest request)
    {
        ListFilters.NeedKnown(request, "user_ids", "user_email", "role", "team", "sort_by", "sort_order", "page", "page_size");
        var ids = ListFilters.Text(request, "user_ids")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (ids is { Length: > MostIds }) throw AdminBody.Wrong("user_ids", $"at most {MostIds} names, comma between them");
        var filter = new HolderFilter { Ids = ids?.Distinct(StringComparer.Ordinal).ToList(), Query = new IndexQuery(TeamId: ListFilters.Text(request, "team")) };
        return filter
            .With(request, "user_email", part => user => KeptFields.Text(user, KeptFields.Email)?.Contains(part, StringComparison.OrdinalIgnoreCase) == true)
            .With(request, "role", role => user => KeptFields.Text(user, KeptFields.Role) == role)
            .Sorted(request, AccountOrder.OfUsers);
    }

    /// <summary>Those who have one of these, in any case.</summary>
    public static HolderFilter OfEmails(HashSet<string> emails, string? team)
    {
        var any = new HashSet<string>(emails, StringComparer.OrdinalIgnoreCase);
        return new HolderFilter { Query = new IndexQuery(TeamId: team), Sieve = user => KeptFields.Text(user, KeptFields.Email) is { } email && any.Contains(email), Reason = "user_email" };
    }

    /// <summary>LiteLLM's of <c>/team/list</c> and <c>/v2/team/list</c>.</summary>
    public static HolderFilter OfTeams(HttpRequest request)
    {
        ListFilters.NeedKnown(request, "user_id", "organization_id", "team_id", "team_alias", "sort_by", "sort_order", "page", "page_size");
        var filter = new HolderFilter { UserId = ListFilters.Text(request, "user_id"), Ids = ListFilters.Text(request, "team_id") is { } id ? [id] : null };
        return filter
            .With(request, "organization_id", organization => team => KeptFields.Text(team, KeptFields.Organization) == (organization == NoOrganization ? null : organization))
            .With(request, "team_alias", part => team => team.Alias?.Contains(part, StringComparison.OrdinalIgnoreCase) == true)
            .Sorted(request, AccountOrder.OfTeams);
    }

    private HolderFilter With(HttpRequest request, string name, Func<string, Func<Account, bool>> sieve)
    {
        if (ListFilters.Text(request, name) is not { } asked) return this;
        var (before, passes) = (Sieve, sieve(asked));
        return this with { Sieve = before is null ? passes : account => before(account) && passes(account), Reason = name };
    }

    private HolderFilter Sorted(HttpRequest request, IReadOnlyDictionary<string, Comparison<Account>> orders)
    {
        if (ListFilters.Text(request, "sort_by") is not { } by) return this;
        if (!orders.TryGetValue(by, out var order)) throw AdminBody.Wrong("sort_by", $"one of {string.Join(", ", orders.Keys)}");
        var descending = ListFilters.IsDescending(request);
        return this with
        {
            Order = Comparer<Account>.Create(descending ? (a, b) => order(b, a) : order),
            OrderOfEntries = AccountOrder.IsById(by) ? Comparer<IndexEntry>.Create((a, b) => string.CompareOrdinal(descending ? b.Id : a.Id, descending ? a.Id : b.Id)) : null,
            Reason = Sieve is null ? "sort_by" : Reason,
        };
    }
}
