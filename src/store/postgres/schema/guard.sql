-- Who may write to a guarded table: the commit procedure and its small siblings, called as statements of their own. The
-- outermost frame of the call says so, which is the last line; it cannot be feigned by text inside a statement, and no
-- setting turns it off. A server that speaks English says it in words that are known: those of a commit are looked for
-- first, since a guard is asked before every statement of one. It goes without a search path of its own, which would take
-- as long as all else, and therefore names whatever it uses in full.
CREATE FUNCTION bincard.guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_frames text;
  v_line text;
  v_rest text;
BEGIN
  GET DIAGNOSTICS v_frames = PG_CONTEXT;
  v_line := pg_catalog.split_part(v_frames, E'\n', -1);
  IF (pg_catalog.starts_with(v_line, 'PL/pgSQL function bincard.commit(text,jsonb) line ')
      OR pg_catalog.starts_with(v_line, 'PL/pgSQL function bincard.commit_many(text,jsonb) line '))
    AND pg_catalog.length(pg_catalog.translate(v_line, '"''()', '')) OPERATOR(pg_catalog.=) (pg_catalog.length(v_line) OPERATOR(pg_catalog.-) 2)
  THEN
    IF TG_ARGV[1] OPERATOR(pg_catalog.=) 'commit' OR TG_ARGV[1] OPERATOR(pg_catalog.=) 'once' AND TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN RETURN NULL; END IF;
    IF TG_ARGV[1] OPERATOR(pg_catalog.=) 'derived' THEN
      v_rest := pg_catalog.split_part(pg_catalog.split_part(v_frames, E'\nPL/pgSQL function bincard.move_posts() line ', 2), E'\n', 1);
      IF v_rest OPERATOR(pg_catalog.<>) '' AND pg_catalog.translate(v_rest, '"()', '') OPERATOR(pg_catalog.=) v_rest THEN RETURN NULL; END IF;
    END IF;
  END IF;
  IF bincard.may_write(v_frames, TG_ARGV[1], TG_OP) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'BC001', MESSAGE = pg_catalog.concat('bincard: ', TG_ARGV[0]);
  END IF;
  RETURN NULL;
END $$;

-- Whether the frames of a call say that it may write. They read differently in each language of the server: only the name
-- before the first parenthesis counts, and that nothing quoted and no other call stands on its line. No patterns: they would
-- take longer than many a statement that is guarded.
CREATE FUNCTION bincard.may_write(p_frames text, p_how text, p_does text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c_letters CONSTANT text := 'abcdefghijklmnopqrstuvwxyz0123456789_.';
  c_posts CONSTANT text := 'bincard.move_posts()';
  v_line text := split_part(p_frames, E'\n', -1);
  v_before text := split_part(v_line, '(text,jsonb)', 1);
  v_after text;
BEGIN
  IF strpos(v_line, '(text,jsonb)') = 0 OR length(translate(v_line, '"''()', '')) <> length(v_line) - 2
    OR substr(v_before, length(rtrim(v_before, c_letters)) + 1) NOT IN ('bincard.commit', 'bincard.commit_many', 'bincard.put_book', 'bincard.finish_timer',
      'bincard.mark_sent', 'bincard.put_off', 'bincard.take_timers', 'bincard.take_outbox', 'bincard.put_master', 'bincard.put_leaves', 'bincard.put_seal')
    OR p_how = 'once' AND p_does <> 'INSERT'
  THEN RETURN false; END IF;
  IF p_how = 'derived' THEN
    v_before := split_part(split_part(p_frames, c_posts, 1), E'\n', -1);
    v_after := split_part(split_part(p_frames, c_posts, 2), E'\n', 1);
    RETURN strpos(p_frames, E'\n' || v_before || c_posts) > 0 AND v_before = rtrim(v_before, c_letters) AND translate(v_before || v_after, '"()', '') = v_before || v_after;
  END IF;
  RETURN true;
END $$;
