-- Each of LiteLLM's keys that is not over as a body for /key/generate: its hash, which both keep. Without those that LiteLLM's pages make for whoever opens them.
-- A budget that a key only names (budget_id) is its own where it has no number of its own. A key that the holder of the master key made for nobody is nobody's.
\ir permissions.sql
SELECT jsonb_strip_nulls(
    jsonb_strip_nulls(jsonb_build_object(
        'max_budget', b.max_budget, 'soft_budget', b.soft_budget, 'max_parallel_requests', b.max_parallel_requests, 'tpm_limit', b.tpm_limit, 'rpm_limit', b.rpm_limit,
        'budget_duration', b.budget_duration))
    || jsonb_strip_nulls(to_jsonb(k) - '{token,budget_id,user_id,spend,metadata,allowed_routes,last_active}'::text[])
    || jsonb_build_object(
        'key_hash', k.token,
        'user_id', nullif(k.user_id, 'default_user_id'),
        -- What every key may here, and no more.
        'allowed_routes', CASE WHEN to_jsonb(k) -> 'allowed_routes' <@ '["llm_api_routes", "info_routes"]' AND to_jsonb(k) -> 'allowed_routes' @> '["llm_api_routes"]' THEN NULL
            ELSE to_jsonb(k) -> 'allowed_routes' END,
        'model_max_budget', coalesce(nullif(nullif(to_jsonb(k) -> 'model_max_budget', '{}'), 'null'), b.model_max_budget),
        'metadata', had.metadata - '{model_rpm_limit,model_tpm_limit,guardrails,policies,prompts,enforced_params,allowed_tools,logging}'::text[],
        'model_rpm_limit', had.metadata -> 'model_rpm_limit',
        'model_tpm_limit', had.metadata -> 'model_tpm_limit',
        'guardrails', had.metadata -> 'guardrails',
        'policies', coalesce(nullif(nullif(had.metadata -> 'policies', '[]'), 'null'), to_jsonb(k) -> 'policies'),
        'prompts', had.metadata -> 'prompts',
        'enforced_params', had.metadata -> 'enforced_params',
        'allowed_tools', had.metadata -> 'allowed_tools',
        'object_permission', CASE WHEN to_jsonb(k) ->> 'object_permission_id' NOT IN (:empty_permissions) THEN to_jsonb(k) -> 'object_permission_id' END,
        'spend', CASE WHEN NOT 'max_budget' = ANY (string_to_array(:'without', ',')) AND coalesce(k.max_budget, b.max_budget, b.soft_budget) IS NOT NULL
            AND coalesce(coalesce(k.budget_reset_at, b.budget_reset_at) > now() AT TIME ZONE 'UTC', true) THEN k.spend END)
    - string_to_array(:'without', ','))
FROM "LiteLLM_VerificationToken" k LEFT JOIN "LiteLLM_BudgetTable" b ON b.budget_id = k.budget_id,
    LATERAL (SELECT CASE jsonb_typeof(k.metadata) WHEN 'object' THEN k.metadata ELSE '{}' END AS metadata) had
WHERE (k.expires IS NULL OR k.expires > now() AT TIME ZONE 'UTC') AND k.team_id IS DISTINCT FROM 'litellm-dashboard'
ORDER BY k.token;
