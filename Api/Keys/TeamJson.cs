using System.Text.Json;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Teams and who is in them, in LiteLLM's shape.</summary>
internal static class TeamJson
{
    /// <summary>One of a list.</summary>
    public static void Write(Utf8JsonWriter json, TeamShown shown)
    {
        json.WriteStartObject();
        WriteFields(json, shown);
        WriteKeys(json, shown);
        WriteMemberships(json, shown);
        json.WriteEndObject();
    }

    /// <summary>The team itself, without the braces.</summary>
    public static void WriteFields(Utf8JsonWriter json, TeamShown shown)
    {
        AccountJson.WriteFields(json, shown.Team);
        json.WriteStartArray("members_with_roles");
        foreach (var user in shown.Members) WriteMember(json, user);
        json.WriteEndArray();
        json.WriteNumber("members_count", shown.TotalMembers);
    }

    public static void WriteKeys(Utf8JsonWriter json, TeamShown shown)
    {
        json.WriteStartArray("keys");
        foreach (var key in shown.Keys) AccountJson.Write(json, key);
        json.WriteEndArray();
        json.WriteNumber("total_keys", shown.TotalKeys);
    }

    public static void WriteMemberships(Utf8JsonWriter json, TeamShown shown)
    {
        json.WriteStartArray("team_memberships");
        foreach (var user in shown.Members) WriteMembership(json, user, shown.Team.Account.Id);
        json.WriteEndArray();
    }

    /// <summary>LiteLLM keeps a member's budget there, which does not exist here.</summary>
    public static void WriteMembership(Utf8JsonWriter json, Account user, string team)
    {
        json.WriteStartObject();
        json.WriteString("user_id", user.Id);
        json.WriteString("team_id", team);
        json.WriteNull("budget_id");
        json.WriteNull("litellm_budget_table");
        json.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter json, Account user)
    {
        json.WriteStartObject();
        json.WriteString("user_id", user.Id);
        json.WriteString("user_email", KeptFields.Text(user, KeptFields.Email));
        json.WriteString("role", user.TeamRole ?? TeamMember.User);
        json.WriteEndObject();
    }
}
