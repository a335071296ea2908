namespace OrleansLlm.Silo.Configuration;

/// <summary>What a team that comes from LiteLLM goes by, and what is otherwise here: told by what the file and the environment have together.</summary>
internal static class Habits
{
    public static void Tell(GeneralDraft general, GatewayDraft gateway, CallbackDraft callbacks, bool hasMasterKey, Func<string, string?> variable, ConfigReport report)
    {
        if (general.StoresModelsInDatabase || "true".Equals(variable("STORE_MODEL_IN_DB"), StringComparison.OrdinalIgnoreCase))
        {
            report.Warning("general_settings.store_model_in_db", 0, "models, credentials, keys and settings in LiteLLM's own database are not read: only what this file has is served, and what is added here is kept by the gateway itself");
        }

        if (general.LedgerDatabase is null && DatabaseUrl.Parse(variable("DATABASE_URL") ?? "") is not null)
        {
            report.Warning("DATABASE_URL", 0, "is set and not used: the ledger is kept in a SQLite file unless general_settings.database_url says os.environ/DATABASE_URL");
        }

        if (callbacks.AsksLangfuse && gateway.Telemetry.CaptureMessages is null && callbacks.NoMessages is not true && !TelemetryReader.AsksForMessages(variable))
        {
            report.Warning("litellm_settings.langfuse", 0, "traces have no prompts and no answers unless gateway_settings.telemetry.capture_messages is true; false: this is meant");
        }

        if (hasMasterKey && (general.Limits.EndUser is not null || !general.UserHeaders.IsEmpty) && gateway.Access is { AllowUserField: false })
        {
            report.Warning(
                general.UserHeaders.IsEmpty ? "litellm_settings.max_end_user_budget" : "general_settings.user_header_mappings", 0,
                "end users behind a virtual key are those of its user unless the key has allow_user_field, or gateway_settings.access.allow_user_field is true for all of them");
        }
    }
}
