-- Who administers a team there, as a body for /team/member_update: of those who are in that team alone.
SELECT jsonb_build_object('team_id', t.team_id, 'user_id', u.user_id, 'role', 'admin')
FROM "LiteLLM_TeamTable" t
    CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(t.members_with_roles) WHEN 'array' THEN t.members_with_roles ELSE '[]' END) member
    JOIN "LiteLLM_UserTable" u ON u.user_id = member ->> 'user_id' AND t.team_id = ANY (u.teams)
WHERE member ->> 'role' = 'admin' AND u.user_id <> 'default_user_id'
    AND (SELECT count(*) FROM "LiteLLM_TeamTable" other WHERE other.team_id = ANY (u.teams)) = 1
ORDER BY t.team_id, u.user_id;
