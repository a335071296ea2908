using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>What lists of users and teams can be sorted by, under LiteLLM's names. Those that are equal are in the order of their ids.</summary>
internal static class AccountOrder
{
    private const string UserId = "user_id";
    private const string TeamId = "team_id";

    public static IReadOnlyDictionary<string, Comparison<Account>> OfUsers { get; } = new Dictionary<string, Comparison<Account>>(StringComparer.Ordinal)
    {
        [UserId] = By(user => user.Id),
        ["user_email"] = By(user => KeptFields.Text(user, KeptFields.Email)),
        ["user_alias"] = By(user => user.Alias),
        ["user_role"] = By(user => KeptFields.Text(user, KeptFields.Role)),
        ["created_at"] = ByCreation,
    };

    public static IReadOnlyDictionary<string, Comparison<Account>> OfTeams { get; } = new Dictionary<string, Comparison<Account>>(StringComparer.Ordinal)
    {
        [TeamId] = By(team => team.Id),
        ["team_alias"] = By(team => team.Alias),
        ["created_at"] = ByCreation,
    };

    /// <summary>As LiteLLM's list of all teams is.</summary>
    public static IComparer<Account> ByAlias { get; } = Comparer<Account>.Create(OfTeams["team_alias"]);

    /// <summary>Whether the names of accounts are all that it asks for.</summary>
    public static bool IsById(string by) => by is UserId or TeamId;

    private static Comparison<Account> By(Func<Account, string?> text) => (a, b) => string.CompareOrdinal(text(a) ?? "", text(b) ?? "") is not 0 and var order ? order : ById(a, b);

    private static int ByCreation(Account a, Account b) => a.CreatedAt.CompareTo(b.CreatedAt) is not 0 and var order ? order : ById(a, b);

    private static int ById(Account a, Account b) => string.CompareOrdinal(a.Id, b.Id);
}
