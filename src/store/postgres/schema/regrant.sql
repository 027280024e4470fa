-- Whoever may read the journal may read what is new; nobody gets a procedure for having been there.
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
END $$;
