-- LiteLLM makes a permission for nearly every row of its pages, and most of these restrict nothing: which ones, as a query for the others to ask. Older databases have no such table.
SELECT to_regclass('"LiteLLM_ObjectPermissionTable"') IS NOT NULL AS has_permissions \gset
\if :has_permissions
  \set empty_permissions 'SELECT object_permission_id FROM "LiteLLM_ObjectPermissionTable" p WHERE NOT EXISTS (SELECT FROM jsonb_each(to_jsonb(p) - ''object_permission_id'') f WHERE f.value NOT IN (''null'', ''[]'', ''{}''))'
\else
  \set empty_permissions 'SELECT NULL WHERE false'
\endif
