-- Each of LiteLLM's teams as a body for /team/new. Limits that stand in metadata are fields of their own here; who is in it comes with the users.
\ir permissions.sql
SELECT jsonb_strip_nulls(
    to_jsonb(t) - '{members,members_with_roles,admins,team_member_permissions,spend,metadata}'::text[]
    || jsonb_build_object(
        'metadata', had.metadata - '{model_rpm_limit,model_tpm_limit,guardrails,policies,prompts,enforced_params,allowed_tools,logging,secret_manager_settings,team_member_budget_id,team_member_key_duration}'::text[],
        'model_rpm_limit', had.metadata -> 'model_rpm_limit',
        'model_tpm_limit', had.metadata -> 'model_tpm_limit',
        'guardrails', had.metadata -> 'guardrails',
        'policies', coalesce(nullif(nullif(had.metadata -> 'policies', '[]'), 'null'), to_jsonb(t) -> 'policies'),
        'prompts', had.metadata -> 'prompts',
        'enforced_params', had.metadata -> 'enforced_params',
        'allowed_tools', had.metadata -> 'allowed_tools',
        'team_member_budget', had.metadata -> 'team_member_budget_id',
        'team_member_key_duration', had.metadata -> 'team_member_key_duration',
        'model_aliases', (SELECT m.aliases FROM "LiteLLM_ModelTable" m WHERE m.id = t.model_id),
        'object_permission', CASE WHEN to_jsonb(t) ->> 'object_permission_id' NOT IN (:empty_permissions) THEN to_jsonb(t) -> 'object_permission_id' END,
        'spend', CASE WHEN NOT 'max_budget' = ANY (string_to_array(:'without', ',')) AND t.max_budget IS NOT NULL AND coalesce(t.budget_reset_at > now() AT TIME ZONE 'UTC', true) THEN t.spend END)
    - string_to_array(:'without', ','))
FROM "LiteLLM_TeamTable" t,
    LATERAL (SELECT CASE jsonb_typeof(t.metadata) WHEN 'object' THEN t.metadata ELSE '{}' END AS metadata) had
WHERE t.team_id <> 'litellm-dashboard'
ORDER BY t.team_id;
