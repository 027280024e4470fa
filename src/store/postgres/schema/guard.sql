-- Who may write to a guarded table: the commit procedure and its small siblings, called as statements of their own. The
-- outermost frame of the call says so, which is the last line; it cannot be feigned by text inside a statement, and no
-- setting turns it off. The frame reads differently in each language of the server: only the name before the first
-- parenthesis counts, and that nothing quoted and no other call stands on its line. No patterns: they would take longer
-- than many a statement that is guarded.
CREATE FUNCTION bincard.guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c_letters CONSTANT text := 'abcdefghijklmnopqrstuvwxyz0123456789_.';
  c_posts CONSTANT text := 'bincard.move_posts()';
  v_frames text;
  v_line text;
  v_before text;
  v_after text;
  v_may boolean;
BEGIN
  GET DIAGNOSTICS v_frames = PG_CONTEXT;
  v_line := split_part(v_frames, E'\n', -1);
  v_before := split_part(v_line, '(text,jsonb)', 1);
  v_may := strpos(v_line, '(text,jsonb)') > 0 AND length(translate(v_line, '"()', '')) = length(v_line) - 2
    AND substr(v_before, length(rtrim(v_before, c_letters)) + 1) IN ('bincard.commit', 'bincard.commit_many', 'bincard.put_book', 'bincard.finish_timer',
      'bincard.mark_sent', 'bincard.put_off', 'bincard.take_timers', 'bincard.take_outbox', 'bincard.put_master', 'bincard.put_leaves', 'bincard.put_seal')
    AND (TG_ARGV[1] <> 'once' OR TG_OP = 'INSERT');
  IF v_may AND TG_ARGV[1] = 'derived' THEN
    v_before := split_part(split_part(v_frames, c_posts, 1), E'\n', -1);
    v_after := split_part(split_part(v_frames, c_posts, 2), E'\n', 1);
    v_may := strpos(v_frames, E'\n' || v_before || c_posts) > 0 AND v_before = rtrim(v_before, c_letters) AND translate(v_before || v_after, '"()', '') = v_before || v_after;
  END IF;
  IF v_may IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'BC001', MESSAGE = 'bincard: ' || TG_ARGV[0];
  END IF;
  RETURN NULL;
END $$;
