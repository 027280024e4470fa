-- Whoever may read the journal may read what is new, and whoever may commit may call what is new beside it.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bincard FROM PUBLIC;
DO $$
DECLARE
  reader record;
BEGIN
  FOR reader IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
    WHERE table_schema = 'bincard' AND table_name = 'event' AND privilege_type = 'SELECT' AND grantee NOT IN (CURRENT_USER, 'PUBLIC')
  LOOP
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA bincard TO %I', reader.grantee);
  END LOOP;
  FOR reader IN SELECT r.rolname AS grantee FROM pg_proc p, aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE p.oid = 'bincard.commit(text, jsonb)'::regprocedure AND a.grantee <> p.proowner
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION {procedures} TO %I', reader.grantee);
  END LOOP;
END $$;
