using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>
/// Puts users into a team and takes them out. A user is in one team at most: that team's limits are its requests' limits, whichever key they come with, and with two there would be no saying whose.
/// A team that is gone is none.
/// </summary>
internal sealed class TeamMembers(AccountStore store, HolderSearch search)
{
    private const int HashBytes = 16;

    /// <summary>Who would be added, before anything is changed: as their accounts will be, those of no version yet are to be made. Without those who are in already.</summary>
    /// <exception cref="RequestException">One of them cannot be.</exception>
    public async Task<List<Account>> FindAsync(string team, IReadOnlyList<TeamMember> members)
    {
        var byEmail = await search.ByEmailAsync([.. members.Where(m => m.UserId is null).Select(m => m.Email!)]);
        var found = new List<Account>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var made = new Dictionary<string, Account>(StringComparer.OrdinalIgnoreCase);
        // Those with an id first: one of them may be made with an email that names another.
        foreach (var member in members.Where(m => !m.IsAdministrator).OrderBy(m => m.UserId is null))
        {
            var user = member.UserId is { } id ? await store.GetAsync(AccountKind.User, id) : HolderSearch.OneOf(byEmail, member.Email!) ?? made.GetValueOrDefault(member.Email!);
            if (user is null)
            {
                user = Made(member);
                if (member.Email is { } email) made.TryAdd(email, user);
            }

            if (user.TeamId != team && ids.Add(user.Id)) found.Add(Joined(user, team, member.Role, await GoneTeamOfAsync(user)));
        }

        return found;
    }

    /// <param name="users">As found.</param>
    public async Task<List<Account>> AddAsync(HttpContext context, string action, string team, IReadOnlyList<Account> users)
    {
        if (users.Count == 0) return [];
        var added = new List<Account>();
        try
        {
            foreach (var user in users) added.Add(await AddAsync(context, action, user));
        }
        catch (RequestException e)
        {
            throw new RequestException(e.Error with { Message = $"{e.Error.Message} Team {team} has {added.Count} of the {users.Count} new members: go on with /team/member_add." });
        }

        if (await store.GetAsync(AccountKind.Team, team) is not null) return added;
        foreach (var user in added) await LeaveAsync(context, action, team, user.Id);
        throw AccountStore.NotFound(AccountKind.Team, team);
    }

    /// <summary>
    /// With the keys that it has of this team, as in LiteLLM: they would go on spending what is the team's. They go first: where this is broken off, it can be asked for again, also of who has only such
    /// keys.
    /// </summary>
    public async Task RemoveAsync(HttpContext context, string action, string team, (string? Id, string? Email) named)
    {
        var member = await MemberAsync(team, named);
        var user = member?.Id ?? named.Id;
        var deleted = user is null ? 0 : await store.DeleteKeysAsync(context, action, new IndexQuery(UserId: user, TeamId: team), Detail(team));
        if (member is not null)
        {
            await LeaveAsync(context, action, team, member.Id);
            // Those that were made meanwhile.
            await store.DeleteKeysAsync(context, action, new IndexQuery(UserId: member.Id, TeamId: team), Detail(team));
        }
        else if (deleted == 0) throw await store.GetAsync(AccountKind.Team, team) is null ? AccountStore.NotFound(AccountKind.Team, team) : NotIn();
    }

    /// <summary>A team that is read, changed and sent back has its members in it. Whoever sends others wants them changed, which is not done on the way.</summary>
    public async Task NeedSameAsync(string team, IReadOnlyList<TeamMember> members)
    {
        var (entries, _) = await AccountPages.ReadAsync(store, AccountKind.User, new IndexQuery(TeamId: team), 1, TeamMember.Most);
        var there = (await store.GetAllAsync(AccountKind.User, entries)).FindAll(u => u.TeamId == team);
        var byEmail = there.ToLookup(u => KeptFields.Text(u, KeptFields.Email) ?? "", StringComparer.OrdinalIgnoreCase);
        var named = members.Where(m => !m.IsAdministrator).Select(m => (m.UserId ?? HolderSearch.OneOf(byEmail, m.Email!)?.Id, m.Role));
        if (named.ToHashSet().SetEquals(there.Select(u => ((string?)u.Id, u.TeamRole ?? TeamMember.User)))) return;
        throw new RequestException(ApiError.BadRequest($"{TeamMember.WithRoles}: these are not the team's members, which are changed by /team/member_add, /team/member_delete and /team/member_update.", TeamMember.WithRoles, "not_supported"));
    }

    public Task<Account> SetRoleAsync(HttpContext context, string action, string team, string user, string role) =>
        store.ChangeAsync(context, action, AccountKind.User, user, u => u.TeamId == team ? u with { TeamRole = role } : throw NotIn(), Detail(team, role));

    /// <param name="named">The email is asked when there is no id.</param>
    public async Task<Account> NeedAsync(string team, (string? Id, string? Email) named) => await MemberAsync(team, named) ?? throw NotIn();

    /// <summary>Null: nobody in the team is called so.</summary>
    private async Task<Account?> MemberAsync(string team, (string? Id, string? Email) named)
    {
        var user = named switch
        {
            ({ } id, _) => await store.GetAsync(AccountKind.User, id),
            (null, { } email) => HolderSearch.OneOf(await search.ByEmailAsync([email], team), email),
            _ => throw new RequestException(ApiError.BadRequest("user_id or user_email is missing.", "user_id", "missing_required_parameter")),
        };
        return user?.TeamId == team ? user : null;
    }

    private async Task<Account> AddAsync(HttpContext context, string action, Account joined)
    {
        if (joined.Version == 0 && await store.TryCreateAsync(context, action, joined, Detail(joined.TeamId!, joined.TeamRole)) is { } made) return made;
        // Also one that another request has just made.
        var gone = await GoneTeamOfAsync(await store.NeedAsync(AccountKind.User, joined.Id));
        return await store.ChangeAsync(context, action, AccountKind.User, joined.Id, u => Joined(NeedSame(u, joined), joined.TeamId!, joined.TeamRole!, gone), Detail(joined.TeamId!, joined.TeamRole));
    }

    private Task<Account> LeaveAsync(HttpContext context, string action, string team, string user) =>
        store.ChangeAsync(context, action, AccountKind.User, user, u => u.TeamId == team ? u with { TeamId = null, TeamRole = null } : u, Detail(team));

    /// <summary>For the audit log.</summary>
    private static string Detail(string team, string? role = null) => role is null ? $"team {team}" : $"team {team}, {role}";

    /// <summary>What a deletion that came in between has left.</summary>
    private async Task<string?> GoneTeamOfAsync(Account user) => user.TeamId is { } team && await store.GetAsync(AccountKind.Team, team) is null ? team : null;

    /// <summary>Who has no id gets it from the email, so that the same request once more finds the same user.</summary>
    private static Account Made(TeamMember member)
    {
        var user = new Account { Kind = AccountKind.User, Id = member.UserId ?? IdOf(member.Email!) };
        return member.Email is { } email ? user with { Extra = KeptFields.With(user.Extra, KeptFields.Email, email) } : user;
    }

    private static string IdOf(string email) => $"user-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.ToLowerInvariant())).AsSpan(0, HashBytes))}";

    /// <summary>A user that was made for an email may have another one by now.</summary>
    private static Account NeedSame(Account stored, Account joined)
    {
        var email = KeptFields.Text(joined, KeptFields.Email);
        if (joined.Version > 0 || email is null || joined.Id != IdOf(email) || string.Equals(KeptFields.Text(stored, KeptFields.Email), email, StringComparison.OrdinalIgnoreCase)) return stored;
        throw new RequestException(ApiError.BadRequest($"user_email: nobody has {email}, and user {stored.Id}, who was made for it, has another one. Name the member by user_id.", "user_email"));
    }

    /// <param name="gone">A team that counts as none.</param>
    private static Account Joined(Account user, string team, string role, string? gone) => user.TeamId is null || user.TeamId == team || user.TeamId == gone
        ? user with { TeamId = team, TeamRole = role }
        : throw new RequestException(ApiError.BadRequest(
            $"User {user.Id} is in team {user.TeamId}, and a user is in one team at most: its limits are those of its requests. Take it out first (/team/member_delete), or give it a key of this team (/key/generate with user_id and team_id).", "user_id", "in_another_team"));

    private static RequestException NotIn() => new(ApiError.BadRequest("User not found in team.", "user_id", "team_member_not_found"));
}
