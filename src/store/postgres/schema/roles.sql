-- Two roles. `{owner}` owns everything, and nobody logs in as it. `{service}` is what bincard logs in as: it reads, and
-- calls the procedures that commit. It may write to no table, so there is no stock for it to edit.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') THEN CREATE ROLE {owner} NOLOGIN; END IF;
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{service}') THEN CREATE ROLE {service} LOGIN; END IF;
  EXCEPTION WHEN unique_violation OR duplicate_object THEN
    NULL; -- Several schemas of a server may have one service, and may be made at once.
  END;
  -- Whoever makes the roles must be able to hand things over, and to bring the schema up to date later.
  IF NOT pg_has_role('{owner}', 'MEMBER') THEN GRANT {owner} TO CURRENT_USER; END IF;
END $$;
ALTER SCHEMA bincard OWNER TO {owner};
DO $$
DECLARE
  thing record;
BEGIN
  FOR thing IN SELECT format('TABLE bincard.%I', relname) AS name FROM pg_class WHERE relnamespace = 'bincard'::regnamespace AND relkind IN ('r', 'v')
    UNION ALL SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'bincard'::regnamespace
  LOOP
    EXECUTE format('ALTER %s OWNER TO {owner}', thing.name);
  END LOOP;
END $$;
REVOKE ALL ON SCHEMA bincard FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bincard FROM PUBLIC, {service};
REVOKE ALL ON ALL TABLES IN SCHEMA bincard FROM PUBLIC, {service};
GRANT USAGE ON SCHEMA bincard TO {service};
GRANT SELECT ON ALL TABLES IN SCHEMA bincard TO {service};
