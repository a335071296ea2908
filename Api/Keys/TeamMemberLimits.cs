using System.Text.Json;

namespace OrleansLlm.Api.Keys;

/// <summary>LiteLLM's limits of one member within a team. A user's own limits are all that there is here.</summary>
internal static class TeamMemberLimits
{
    private static readonly string[] Fields = ["max_budget_in_team", "budget_duration", "tpm_limit", "rpm_limit", "allowed_models", "models"];

    public static void NeedNone(JsonElement body)
    {
        foreach (var field in Fields)
        {
            if (body.TryGetProperty(field, out var value) && !FieldReader.IsEmpty(value)) throw AccountFields.NotEnforced(field);
        }
    }
}
