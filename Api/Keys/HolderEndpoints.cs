using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Changes of those who hold keys: <c>/user/*</c> and <c>/team/*</c> as LiteLLM's.</summary>
internal sealed class HolderEndpoints(AccountStore store, NewAccounts accounts, KeyEndpoints keys, HolderSearch search, TeamMembers members, TeamReader teams, SpendReader spend, TimeProvider time)
{
    private const int RandomIdCharacters = 16;

    public async Task NewAsync(HttpContext context, HolderKind kind)
    {
        var body = await AdminBody.ReadAsync(context);
        UnknownFields.Tell(context, kind.Kind, body);
        AccountFields.NeedNoExpiry(body);
        // The request's own id is random.
        var id = FieldReader.IdOf(body, kind.IdField) ?? $"{kind.Name}-{context.TraceIdentifier[^RandomIdCharacters..]}";
        var now = time.GetUtcNow();
        var isTeam = kind == HolderKind.Team;
        var account = AccountFields.Apply(new Account { Kind = kind.Kind, Id = id }, body, now, isTeam ? TeamMember.FieldsOfANewTeam : []);
        // Before anything is stored: a key that cannot be made is a user that is not.
        var wanted = kind == HolderKind.User && WantsKey(body) ? AccountFields.KeyOf(id, body, now) : null;
        if (wanted is null) AccountFields.NeedNoDuration(body);
        await NeedTeamAsync(account);
        var found = isTeam ? await members.FindAsync(id, TeamMember.OfNewTeam(body)) : [];
        var made = await accounts.CreateAsync(context, $"{kind.Name}.new", account, body);
        var key = await CompleteAsync(context, kind, made, wanted, hasSpent: spend.HasBudget(made) && AccountFields.Spend(body) > 0);
        await members.AddAsync(context, "team.new", id, found);
        var shown = await spend.ReadAsync(made);
        var team = await TeamAsync(kind, shown);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            if (team is null) AccountJson.WriteFields(json, shown);
            else TeamJson.WriteFields(json, team);
            if (key is not null) json.WriteString("key", key);
            json.WriteEndObject();
        });
    }

    public async Task UpdateAsync(HttpContext context, HolderKind kind)
    {
        var body = await AdminBody.ReadAsync(context);
        UnknownFields.Tell(context, kind.Kind, body);
        AccountFields.NeedNoExpiry(body);
        var now = time.GetUtcNow();
        AccountFields.NeedNoDuration(body);
        string[] elsewhere = kind == HolderKind.Team ? [TeamMember.WithRoles] : [];
        await NeedTeamAsync(AccountFields.Apply(new Account { Kind = kind.Kind, Id = "" }, body, now, elsewhere));
        var id = kind == HolderKind.User ? await UserOfAsync(body) : AdminBody.Needed(body, kind.IdField);
        if (kind == HolderKind.Team) await NeedSameMembersAsync(id, body);
        var spent = AccountFields.Spend(body);
        var account = await store.ChangeAsync(context, $"{kind.Name}.update", kind.Kind, id, a => WithBudget(AccountFields.Apply(a, body, now, elsewhere)));
        await NeedTeamStillAsync(context, $"{kind.Name}.update", account);
        if (spent is { } to) await spend.ResetAsync(account, to);
        await AnswerAsync(context, kind, account);

        Account WithBudget(Account changed) => spent is null ? changed : spend.NeedBudget(changed);
    }

    public async Task SetBlockedAsync(HttpContext context, HolderKind kind, bool blocked)
    {
        var id = AdminBody.Needed(await AdminBody.ReadAsync(context), kind.IdField);
        var action = $"{kind.Name}.{(blocked ? "block" : "unblock")}";
        await AnswerAsync(context, kind, await store.ChangeAsync(context, action, kind.Kind, id, a => a with { Blocked = blocked }));
    }

    /// <summary>With all of its keys, the holder last: where this is broken off, it can be asked for again.</summary>
    public async Task DeleteAsync(HttpContext context, HolderKind kind)
    {
        var body = await AdminBody.ReadAsync(context);
        var ids = body.TryGetProperty(kind.IdsField, out var named) ? FieldReader.Texts(kind.IdsField, named) : [];
        if (ids.IsEmpty) throw new RequestException(ApiError.BadRequest($"{kind.IdsField} is missing.", kind.IdsField, "missing_required_parameter"));
        foreach (var id in ids) await store.NeedAsync(kind.Kind, id);
        var action = $"{kind.Name}.delete";
        var deleted = 0;
        try
        {
            foreach (var id in ids)
            {
                await EmptyAsync(id);
                await store.DeleteAsync(context, action, kind.Kind, id);
                // What was made meanwhile, by a request that has still seen it, and who was added to a team.
                await EmptyAsync(id);
                deleted++;
            }
        }
        catch (RequestException e) when (deleted > 0)
        {
            // Asked for again as it stands, it would be refused for those that are gone.
            throw new RequestException(e.Error with { Message = $"{e.Error.Message} Deleted: {string.Join(", ", ids[..deleted])}. Go on with: {string.Join(", ", ids[deleted..])}." });
        }

        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray($"deleted_{kind.Name}s");
            foreach (var id in ids) json.WriteStringValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        });

        async Task EmptyAsync(string id)
        {
            await store.DeleteKeysAsync(context, action, kind.Whose(id));
            if (kind == HolderKind.Team) await store.LeaveTeamAsync(context, action, id);
        }
    }

    private async Task NeedSameMembersAsync(string team, JsonElement body)
    {
        if (!body.TryGetProperty(TeamMember.WithRoles, out var said) || said.ValueKind == JsonValueKind.Null) return;
        await store.NeedAsync(AccountKind.Team, team);
        await members.NeedSameAsync(team, TeamMember.Of(body, TeamMember.WithRoles));
    }

    /// <summary>A user that is of no team that exists would let nobody in.</summary>
    private async Task NeedTeamAsync(Account account)
    {
        if (account.TeamId is { } team) await store.NeedAsync(AccountKind.Team, team);
    }

    /// <summary>Who deletes a team meanwhile may have looked for its users before this was one.</summary>
    private async Task NeedTeamStillAsync(HttpContext context, string action, Account stored)
    {
        if (stored.TeamId is not { } team || await store.GetAsync(AccountKind.Team, team) is not null) return;
        await store.ChangeAsync(context, action, stored.Kind, stored.Id, a => a.TeamId == team ? a with { TeamId = null, TeamRole = null } : a, $"team {team}");
        throw AccountStore.NotFound(AccountKind.Team, team);
    }

    /// <summary>Without its team and its key there is no user either, so that it can be asked for again.</summary>
    /// <param name="hasSpent">An administrator has said what it has spent, in place of what was counted.</param>
    private async Task<string?> CompleteAsync(HttpContext context, HolderKind kind, Account made, Account? wantedKey, bool hasSpent)
    {
        var action = $"{kind.Name}.new";
        try
        {
            await NeedTeamStillAsync(context, action, made);
            return wantedKey is null ? null : await keys.MakeAsync(context, wantedKey);
        }
        catch (Exception e) when (LostContact.Is(e) || e is RequestException)
        {
            // The key may have been made after all.
            await store.DeleteKeysAsync(context, action, kind.Whose(made.Id));
            await store.DeleteAsync(context, action, made.Kind, made.Id, forgets: hasSpent);
            throw;
        }
    }

    /// <summary>By its email where the body has no id. LiteLLM makes a user for one that nobody has: here it takes /user/new.</summary>
    private async Task<string> UserOfAsync(JsonElement body)
    {
        if (AdminBody.Text(body, "user_id") is { } id) return id;
        if (AdminBody.Text(body, KeptFields.Email) is not { } email) return AdminBody.Needed(body, "user_id");
        return HolderSearch.OneOf(await search.ByEmailAsync([email]), email)?.Id ?? throw AccountStore.NotFound(AccountKind.User, email);
    }

    /// <summary>LiteLLM makes a key for every new user that is not told otherwise.</summary>
    private static bool WantsKey(JsonElement body) => !body.TryGetProperty("auto_create_key", out var wanted) || FieldReader.Flag("auto_create_key", wanted);

    /// <summary>With its members; null: it is none.</summary>
    private async Task<TeamShown?> TeamAsync(HolderKind kind, SpentAccount shown) => kind == HolderKind.Team ? (await teams.ReadAsync([shown]))[0] : null;

    private async Task AnswerAsync(HttpContext context, HolderKind kind, Account account)
    {
        var shown = await spend.ReadAsync(account);
        var team = await TeamAsync(kind, shown);
        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString(kind.IdField, account.Id);
            json.WriteStartObject("data");
            if (team is null) AccountJson.WriteFields(json, shown);
            else TeamJson.WriteFields(json, team);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}
