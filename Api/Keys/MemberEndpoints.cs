using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary><c>/team/member_*</c> as LiteLLM's.</summary>
internal sealed class MemberEndpoints(AccountStore store, TeamMembers members, TeamReader teams, SpendReader spend)
{
    public async Task AddAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        TeamMemberLimits.NeedNone(body);
        var team = AdminBody.Needed(body, "team_id");
        var asked = TeamMember.Of(body, "member");
        if (asked.Count == 0) throw new RequestException(ApiError.BadRequest("member is missing.", "member", "missing_required_parameter"));
        await store.NeedAsync(AccountKind.Team, team);
        var found = await members.FindAsync(team, asked);
        if (found.Count == 0 && !asked.Exists(m => m.IsAdministrator)) throw AlreadyIn(team);
        var added = await members.AddAsync(context, "team.member_add", team, found);
        var (shown, users) = (await ShowAsync(await store.NeedAsync(AccountKind.Team, team)), await spend.ReadAsync(added));
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            TeamJson.WriteFields(json, shown);
            json.WriteStartArray("updated_users");
            users.ForEach(u => AccountJson.Write(json, u));
            json.WriteEndArray();
            json.WriteStartArray("updated_team_memberships");
            added.ForEach(u => TeamJson.WriteMembership(json, u, team));
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        var team = AdminBody.Needed(body, "team_id");
        await members.RemoveAsync(context, "team.member_delete", team, TeamMember.NameOf(body));
        // Of one that is gone somebody may have been left.
        var shown = await ShowAsync(await store.GetAsync(AccountKind.Team, team) ?? new Account { Kind = AccountKind.Team, Id = team });
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            TeamJson.WriteFields(json, shown);
            json.WriteEndObject();
        });
    }

    public async Task UpdateAsync(HttpContext context)
    {
        var body = await AdminBody.ReadAsync(context);
        TeamMemberLimits.NeedNone(body);
        var team = AdminBody.Needed(body, "team_id");
        var role = body.TryGetProperty("role", out var said) && !FieldReader.IsEmpty(said) ? TeamMember.RoleOf("role", said) : null;
        await store.NeedAsync(AccountKind.Team, team);
        var user = await members.NeedAsync(team, TeamMember.NameOf(body));
        if (role is not null) user = await members.SetRoleAsync(context, "team.member_update", team, user.Id, role);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("team_id", team);
            json.WriteString("user_id", user.Id);
            json.WriteString("user_email", KeptFields.Text(user, KeptFields.Email));
            json.WriteString("role", user.TeamRole ?? TeamMember.User);
            json.WriteNull("max_budget_in_team");
            json.WriteEndObject();
        });
    }

    /// <summary>Scripts look at LiteLLM's type, and pass over it.</summary>
    private static RequestException AlreadyIn(string team) => new(new ApiError(StatusCodes.Status400BadRequest, $"member: already in team {team}.", "team_member_already_in_team", "team_member_already_in_team", "member"));

    private async Task<TeamShown> ShowAsync(Account team) => (await teams.ReadAsync(await spend.ReadAsync([team])))[0];
}
