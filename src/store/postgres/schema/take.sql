-- Timers and messages are taken before anybody works on them, so that many processes do not tread on each other's feet: a
-- few at a time, the earliest first, and of a document only while nobody else holds another of its own, so that they keep
-- their order. What is not done by the time until which it is held is free again. Taking decides nothing: a timer goes with
-- the commit that acts on it, a message when it is marked as sent.
--
-- Called again with the same `holder`, it gives the same ones. The locks last for the call; a taking that the server forgets in a crash was none, so nobody waits for the disk.
-- Written out twice: what differs between timers and messages stands in `take.rs`.
CREATE FUNCTION bincard.{task}(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_now bigint := (p_body ->> 'now')::bigint;
  b_holder text := p_body ->> 'holder';
  v_docs text[];
  v_ids text[];
  v_taken text;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT array_agg(f.doc), array_agg(f.id) INTO v_docs, v_ids FROM (
    SELECT t.doc, t.id FROM bincard.{table} t JOIN bincard.document d ON d.bu = p_bu AND d.doc = t.doc
      WHERE t.bu = p_bu AND {waits} AND (t.held_until <= b_now OR t.held_by = b_holder)
        AND NOT EXISTS (SELECT 1 FROM bincard.{table} h WHERE h.bu = p_bu AND h.doc = t.doc AND {bars})
      ORDER BY t.{since}, t.doc COLLATE "C", t.id COLLATE "C" LIMIT (p_body ->> 'limit')::bigint
      FOR UPDATE OF t SKIP LOCKED FOR NO KEY UPDATE OF d SKIP LOCKED) f;
  -- Whoever held one of the document's own has it written down by now.
  WITH taken AS (
    UPDATE bincard.{table} t SET held_by = b_holder, held_until = (p_body ->> 'until')::bigint
      FROM unnest(v_docs, v_ids) AS f(doc, id) WHERE t.bu = p_bu AND t.doc = f.doc AND t.id = f.id AND {waits}
        AND NOT EXISTS (SELECT 1 FROM bincard.{table} h WHERE h.bu = p_bu AND h.doc = t.doc AND {bars})
      RETURNING t.*)
  SELECT json_agg(json_build_array({columns}) ORDER BY n.{since}, n.doc COLLATE "C", n.id COLLATE "C")::text INTO v_taken FROM taken n;
  RETURN coalesce(v_taken, '');
END $$;

