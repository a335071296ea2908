using System.Text.Json;
using OrleansLlm.Api.Admin;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Keys;

/// <summary>Who is to be in a team, in LiteLLM's form: <c>{"role": "user", "user_id": "ada"}</c>, or <c>user_email</c> in place of the id.</summary>
/// <param name="UserId">Null: whoever has the email.</param>
/// <param name="Email">Null: not said.</param>
internal sealed record TeamMember(string? UserId, string? Email, string Role)
{
    public const string User = "user";
    public const string Admin = "admin";

    /// <summary>The field of a team, as it is shown.</summary>
    public const string WithRoles = "members_with_roles";

    /// <summary>Of one request, and as many are shown of one team.</summary>
    public const int Most = 1_000;

    /// <summary>LiteLLM's name of whoever holds the master key.</summary>
    private const string Administrator = "default_user_id";

    /// <summary>Of <c>/team/new</c>.</summary>
    public static readonly string[] FieldsOfANewTeam = [WithRoles, "members", "admins"];

    /// <summary>LiteLLM puts who makes a team into it. The holder of the master key is no user here, and may everything.</summary>
    public bool IsAdministrator => UserId == Administrator;

    /// <summary>All that a new team's body names, in LiteLLM's form or, as its older fields have them, by their ids alone.</summary>
    public static List<TeamMember> OfNewTeam(JsonElement body)
    {
        var members = Of(body, WithRoles);
        foreach (var (field, role) in ((string, string)[])[("admins", Admin), ("members", User)])
        {
            if (body.TryGetProperty(field, out var ids)) members.AddRange(FieldReader.Texts(field, ids).Select(id => new TeamMember(FieldReader.Id(field, id), null, role)));
        }

        return Distinct(members);
    }

    /// <summary>One, or a list of them.</summary>
    public static List<TeamMember> Of(JsonElement body, string field)
    {
        if (!body.TryGetProperty(field, out var value) || FieldReader.IsEmpty(value)) return [];
        if (value.ValueKind == JsonValueKind.Object) return [Read(field, value)];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= Most) return Distinct(value.EnumerateArray().Select(v => Read(field, v)));
        throw AdminBody.Wrong(field, $"an object with role and user_id or user_email, or a list of at most {Most} of them");
    }

    public static string RoleOf(string field, JsonElement value) => FieldReader.Text(field, value) switch
    {
        null or User => User,
        Admin => Admin,
        _ => throw AdminBody.Wrong(field, "user or admin"),
    };

    /// <summary>Whom an object names. An empty name beside the other one says nothing.</summary>
    public static (string? UserId, string? Email) NameOf(JsonElement value) => (Said(value, "user_id") is { } id ? FieldReader.Id("user_id", id) : null, Said(value, "user_email"));

    private static TeamMember Read(string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw AdminBody.Wrong(field, "objects with role and user_id or user_email");
        TeamMemberLimits.NeedNone(value);
        var role = value.TryGetProperty("role", out var said) ? RoleOf($"{field}.role", said) : User;
        var (id, email) = NameOf(value);
        return id is null && email is null ? throw new RequestException(ApiError.BadRequest($"{field}: user_id or user_email is missing.", field, "missing_required_parameter")) : new TeamMember(id, email, role);
    }

    private static string? Said(JsonElement value, string field) => value.TryGetProperty(field, out var text) && text.ValueKind == JsonValueKind.String && text.ValueEquals("") ? null : AdminBody.Text(value, field);

    private static List<TeamMember> Distinct(IEnumerable<TeamMember> members) => [.. members.DistinctBy(m => (m.UserId, m.UserId is null ? m.Email!.ToLowerInvariant() : null))];
}
