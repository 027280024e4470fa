-- What keeps hands off beside procedures and triggers, each by kind and name: indexes, constraints, how procedures are
-- called; and what nobody made: rules, row security, tables that inherit, rights to write of others than the owner.
SELECT 'index', indexname::text, indexdef FROM pg_indexes WHERE schemaname = current_schema()
UNION ALL
SELECT 'constraint', c.relname || ' ' || k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
  WHERE k.connamespace = current_schema()::regnamespace AND k.contype IN ('c', 'f', 'p', 'u')
UNION ALL
SELECT 'way of calling', proname::text, CASE WHEN prosecdef THEN 'as its owner' ELSE 'as the caller' END || ', ' || coalesce(array_to_string(proconfig, '; '), '')
  FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
UNION ALL
SELECT 'rule', rulename::text, definition FROM pg_rules WHERE schemaname = current_schema()
UNION ALL
SELECT 'row security of', relname::text, 'on' FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity
UNION ALL
SELECT 'table that inherits', i.inhrelid::regclass::text, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT 'right of ' || coalesce((SELECT rolname FROM pg_roles WHERE oid = a.grantee), 'everybody'), 'to ' || lower(a.privilege_type) || ' ' || c.relname, ''
  FROM pg_class c, aclexplode(c.relacl) a
  WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee <> c.relowner AND a.privilege_type <> 'SELECT'
UNION ALL
SELECT 'right of ' || coalesce((SELECT rolname FROM pg_roles WHERE oid = a.grantee), 'everybody'), 'to ' || lower(a.privilege_type) || ' columns of ' || c.relname, ''
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
  WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee <> c.relowner AND a.privilege_type <> 'SELECT'
UNION ALL
SELECT 'right of everybody', 'to call ' || proname, '' FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
  WHERE pronamespace = current_schema()::regnamespace AND a.grantee = 0
