using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>
/// Puts users into a team and takes them out. A user is in one team at most: that team's limits are its requests' limits, whichever key they come with, and with two there would be no saying whose.
/// </summary>
internal sealed class TeamMembers(AccountStore store, HolderSearch search)
{
    private const int RandomIdCharacters = 16;

    /// <summary>Who would be added, before anything is changed: as their accounts will be, those of no version yet are to be made. Without those who are in already.</summary>
    /// <exception cref="RequestException">One of them cannot be.</exception>
    public async Task<List<Account>> FindAsync(HttpContext context, string team, IReadOnlyList<TeamMember> members)
    {
        var byEmail = await search.ByEmailAsync([.. members.Where(m => m.UserId is null).Select(m => m.Email!)]);
        var found = new List<Account>();
        foreach (var member in members)
        {
            var user = member.UserId is { } id ? await store.GetAsync(AccountKind.User, id) : HolderSearch.OneOf(byEmail, member.Email!);
            // The request's own id is random.
            user ??= Made(member, $"user-{context.TraceIdentifier[^RandomIdCharacters..]}-{found.Count}");
            if (user.TeamId != team) found.Add(Joined(user, team, member.Role));
        }

        return found;
    }

    /// <param name="users">As found.</param>
    public async Task<List<Account>> AddAsync(HttpContext context, string action, IReadOnlyList<Account> users)
    {
        var added = new List<Account>();
        foreach (var user in users)
        {
            added.Add(user.Version == 0
                ? await store.CreateAsync(context, action, user)
                : await store.ChangeAsync(context, action, AccountKind.User, user.Id, u => Joined(u, user.TeamId!, user.TeamRole!)));
        }

        return added;
    }

    /// <summary>With the keys that it has of this team, as in LiteLLM: they would go on spending what is the team's.</summary>
    public async Task RemoveAsync(HttpContext context, string action, string team, string user)
    {
        await store.ChangeAsync(context, action, AccountKind.User, user, u => u.TeamId == team ? u with { TeamId = null, TeamRole = null } : throw NotIn());
        await store.DeleteKeysAsync(context, action, new IndexQuery(UserId: user, TeamId: team));
    }

    public Task<Account> SetRoleAsync(HttpContext context, string action, string team, string user, string role) =>
        store.ChangeAsync(context, action, AccountKind.User, user, u => u.TeamId == team ? u with { TeamRole = role } : throw NotIn());

    /// <param name="email">Is asked when there is no id.</param>
    public async Task<Account> NeedAsync(string team, string? id, string? email)
    {
        if (id is null && email is null) throw new RequestException(ApiError.BadRequest("user_id or user_email is missing.", "user_id", "missing_required_parameter"));
        var user = id is null ? HolderSearch.OneOf(await search.ByEmailAsync([email!]), email!) : await store.GetAsync(AccountKind.User, id);
        return user?.TeamId == team ? user : throw NotIn();
    }

    private static Account Made(TeamMember member, string id)
    {
        var user = new Account { Kind = AccountKind.User, Id = member.UserId ?? id };
        return member.Email is { } email ? user with { Extra = KeptFields.With(user.Extra, KeptFields.Email, email) } : user;
    }

    private static Account Joined(Account user, string team, string role) => user.TeamId is null || user.TeamId == team
        ? user with { TeamId = team, TeamRole = role }
        : throw new RequestException(ApiError.BadRequest(
            $"User {user.Id} is in team {user.TeamId}, and a user is in one team at most: its limits are those of its requests. Take it out first (/team/member_delete), or give it a key of this team (/key/generate with user_id and team_id).", "user_id", "in_another_team"));

    private static RequestException NotIn() => new(ApiError.BadRequest("User not found in team.", "user_id", "team_member_not_found"));
}
