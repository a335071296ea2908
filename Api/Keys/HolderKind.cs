using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>What differs on the wire between users and teams.</summary>
/// <param name="Name">Of routes and fields.</param>
internal sealed record HolderKind(AccountKind Kind, string Name)
{
    public static HolderKind User { get; } = new(AccountKind.User, "user");

    public static HolderKind Team { get; } = new(AccountKind.Team, "team");

    public string IdField => $"{Name}_id";

    public string IdsField => $"{Name}_ids";

    /// <summary>The accounts of another kind that are its own.</summary>
    public IndexQuery Whose(string id) => Kind == AccountKind.User ? new IndexQuery(UserId: id) : new IndexQuery(TeamId: id);
}
