SELECT format('user %s is in several teams, and comes without one: %s', u.user_id, string_agg(t.team_id, ', ' ORDER BY t.team_id))
FROM "LiteLLM_UserTable" u JOIN "LiteLLM_TeamTable" t ON t.team_id = ANY (u.teams)
WHERE u.user_id <> 'default_user_id'
GROUP BY u.user_id HAVING count(*) > 1
ORDER BY u.user_id;
