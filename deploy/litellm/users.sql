-- Each of LiteLLM's users as a body for /user/new, but for the two that are LiteLLM's own. A user is in one team at most: who is in several comes without one.
\ir permissions.sql
SELECT jsonb_strip_nulls(
    to_jsonb(u) - '{password,team_id,teams,spend,metadata}'::text[]
    || jsonb_build_object(
        'auto_create_key', false,
        'blocked', CASE WHEN had.metadata -> 'scim_active' = 'false' THEN true END,
        'teams', CASE WHEN jsonb_array_length(known.teams) = 1 THEN known.teams END,
        'metadata', had.metadata - '{model_rpm_limit,model_tpm_limit}'::text[],
        'model_rpm_limit', had.metadata -> 'model_rpm_limit',
        'model_tpm_limit', had.metadata -> 'model_tpm_limit',
        'object_permission', CASE WHEN to_jsonb(u) ->> 'object_permission_id' NOT IN (:empty_permissions) THEN to_jsonb(u) -> 'object_permission_id' END,
        'spend', CASE WHEN NOT 'max_budget' = ANY (string_to_array(:'without', ',')) AND u.max_budget IS NOT NULL AND coalesce(u.budget_reset_at > now() AT TIME ZONE 'UTC', true) THEN u.spend END)
    - string_to_array(:'without', ','))
FROM "LiteLLM_UserTable" u,
    LATERAL (SELECT coalesce(jsonb_agg(DISTINCT t.team_id), '[]') AS teams FROM "LiteLLM_TeamTable" t WHERE t.team_id = ANY (u.teams)) known,
    LATERAL (SELECT CASE jsonb_typeof(u.metadata) WHEN 'object' THEN u.metadata ELSE '{}' END AS metadata) had
WHERE u.user_id NOT IN ('default_user_id', 'litellm-proxy-budget')
ORDER BY u.user_id;
