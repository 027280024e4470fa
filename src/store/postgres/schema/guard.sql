-- Who may write to a guarded table: the commit procedure and its small siblings, called as statements of their own. The
-- outermost frame of the call says so; it cannot be feigned by text inside a statement, and no setting turns it off.
CREATE FUNCTION bincard.guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lc_messages = 'C' AS $$
DECLARE
  frames text;
BEGIN
  GET DIAGNOSTICS frames = PG_CONTEXT;
  IF frames !~ E'\nPL/pgSQL function bincard\\.(commit|put_book|finish_timer|mark_sent)\\([a-z,]+\\) line [0-9]+ at [A-Za-z ]+$'
     OR (TG_ARGV[1] = 'once' AND TG_OP <> 'INSERT')
     OR (TG_ARGV[1] = 'derived' AND frames !~ E'\nPL/pgSQL function bincard\\.move_posts\\(\\) line [0-9]+ at ') THEN
    RAISE EXCEPTION USING ERRCODE = 'BC001', MESSAGE = 'bincard: ' || TG_ARGV[0];
  END IF;
  RETURN NULL;
END $$;
