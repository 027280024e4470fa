-- Who may write to a guarded table: the commit procedure and its small siblings, called as statements of their own. The
-- outermost frame of the call says so; it cannot be feigned by text inside a statement, and no setting turns it off. The
-- frame reads differently in each language of the server: only the procedure's name counts, and that nothing quoted and no
-- other call stands on its line.
CREATE FUNCTION bincard.guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  frames text;
BEGIN
  GET DIAGNOSTICS frames = PG_CONTEXT;
  IF frames !~ E'\n[^\n"(]*[^a-z0-9_."]bincard\\.(commit|commit_many|put_book|finish_timer|mark_sent|put_off|take_timers|take_outbox|put_master|put_leaves|put_seal)\\(text,jsonb\\)[^\n"()]*$'
     OR (TG_ARGV[1] = 'once' AND TG_OP <> 'INSERT')
     OR (TG_ARGV[1] = 'derived' AND frames !~ E'\n[^\n"(]*[^a-z0-9_."]bincard\\.move_posts\\(\\)[^\n"()]*\n') THEN
    RAISE EXCEPTION USING ERRCODE = 'BC001', MESSAGE = 'bincard: ' || TG_ARGV[0];
  END IF;
  RETURN NULL;
END $$;
