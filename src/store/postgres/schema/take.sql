-- Timers and messages are taken before anybody works on them, so that many processes do not tread on each other's feet: a
-- few at a time, the earliest first, and of a document only while nobody else holds another of its own, so that they keep
-- their order. What is not done by the time until which it is held is free again. Taking decides nothing: a timer goes with
-- the commit that acts on it, a message when it is marked as sent.
--
-- Called again with the same `holder`, it gives the same ones. The locks last for the call; a taking that the server forgets in a crash was none, so nobody waits for the disk.
CREATE FUNCTION bincard.take_timers(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_now bigint := (p_body ->> 'now')::bigint;
  b_holder text := p_body ->> 'holder';
  v_docs text[];
  v_ids text[];
  v_taken text;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT array_agg(f.doc), array_agg(f.id) INTO v_docs, v_ids FROM (
    SELECT t.doc, t.id FROM bincard.timer t JOIN bincard.document d ON d.bu = p_bu AND d.doc = t.doc
      WHERE t.bu = p_bu AND t.due_at <= b_now AND (t.held_until <= b_now OR t.held_by = b_holder)
        AND NOT EXISTS (SELECT 1 FROM bincard.timer h WHERE h.bu = p_bu AND h.doc = t.doc AND h.held_until > b_now AND h.held_by <> b_holder)
      ORDER BY t.due_at, t.doc COLLATE "C", t.id COLLATE "C" LIMIT (p_body ->> 'limit')::bigint
      FOR UPDATE OF t SKIP LOCKED FOR NO KEY UPDATE OF d SKIP LOCKED) f;
  -- Whoever held one of the document's own has it written down by now.
  WITH taken AS (
    UPDATE bincard.timer t SET held_by = b_holder, held_until = (p_body ->> 'until')::bigint
      FROM unnest(v_docs, v_ids) AS f(doc, id) WHERE t.bu = p_bu AND t.doc = f.doc AND t.id = f.id
        AND NOT EXISTS (SELECT 1 FROM bincard.timer h WHERE h.bu = p_bu AND h.doc = t.doc AND h.held_until > b_now AND h.held_by <> b_holder)
      RETURNING t.*)
  SELECT json_agg(json_build_array(n.bu, n.doc, n.id, n.state, n.body, n.due_at) ORDER BY n.due_at, n.doc COLLATE "C", n.id COLLATE "C")::text
    INTO v_taken FROM taken n;
  RETURN coalesce(v_taken, '');
END $$;

CREATE FUNCTION bincard.take_outbox(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_now bigint := (p_body ->> 'now')::bigint;
  b_holder text := p_body ->> 'holder';
  v_docs text[];
  v_ids text[];
  v_taken text;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT array_agg(f.doc), array_agg(f.id) INTO v_docs, v_ids FROM (
    SELECT o.doc, o.id FROM bincard.outbox o JOIN bincard.document d ON d.bu = p_bu AND d.doc = o.doc
      WHERE o.bu = p_bu AND o.sent_at = 0 AND (o.held_until <= b_now OR o.held_by = b_holder)
        AND NOT EXISTS (SELECT 1 FROM bincard.outbox h WHERE h.bu = p_bu AND h.doc = o.doc AND h.sent_at = 0 AND h.held_until > b_now AND h.held_by <> b_holder)
      ORDER BY o.recorded_at, o.doc COLLATE "C", o.id COLLATE "C" LIMIT (p_body ->> 'limit')::bigint
      FOR UPDATE OF o SKIP LOCKED FOR NO KEY UPDATE OF d SKIP LOCKED) f;
  WITH taken AS (
    UPDATE bincard.outbox o SET held_by = b_holder, held_until = (p_body ->> 'until')::bigint
      FROM unnest(v_docs, v_ids) AS f(doc, id) WHERE o.bu = p_bu AND o.doc = f.doc AND o.id = f.id AND o.sent_at = 0
        AND NOT EXISTS (SELECT 1 FROM bincard.outbox h WHERE h.bu = p_bu AND h.doc = o.doc AND h.sent_at = 0 AND h.held_until > b_now AND h.held_by <> b_holder)
      RETURNING o.*)
  SELECT json_agg(json_build_array(n.bu, n.doc, n.id, n.kind, n.topic, n.message, n.payload, n.recorded_at)
      ORDER BY n.recorded_at, n.doc COLLATE "C", n.id COLLATE "C")::text
    INTO v_taken FROM taken n;
  RETURN coalesce(v_taken, '');
END $$;
