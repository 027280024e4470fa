-- One transition: the body is the whole decision; what the commit assigned comes back as JSON.
-- Every statement names the business unit first, so that the call can run where that unit's rows are.
--
-- BC101 document · BC102 balance · BC103 serial · BC104 obligation · BC105 paper · BC106 repeated key · BC107 claim · BC108 another's · BC109 lot · BC110 timer · BC112 closed books
CREATE FUNCTION bincard.commit(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_doc text := p_body ->> 'doc';
  b_revision bigint := (p_body ->> 'revision')::bigint;
  b_document jsonb := p_body -> 'document';
  b_event jsonb := p_body -> 'event';
  v_recorded bigint := (p_body #>> '{event,recorded_at}')::bigint;
  v_effective bigint := (p_body #>> '{event,effective_at}')::bigint;
  v_closes bigint := (p_body ->> 'closes')::bigint;
  v_books bigint := hashtextextended('bincard.closing ' || p_bu, 0);
  v_number text := '';
  v_papers text := '[]';
BEGIN
  IF EXISTS (SELECT 1 FROM bincard.event e WHERE e.bu = p_bu AND e.command_key = b_event ->> 'command_key') THEN
    RAISE EXCEPTION USING ERRCODE = 'BC106', MESSAGE = 'the key was used before; a new command takes a new key';
  END IF;

  -- Whoever closes the books waits for those who are writing, and they wait for whoever closes: nobody writes into a period
  -- while it is being closed.
  IF v_closes IS NULL THEN
    PERFORM pg_advisory_xact_lock_shared(v_books);
  ELSE
    PERFORM pg_advisory_xact_lock(v_books);
    IF v_closes > v_effective OR EXISTS (SELECT 1 FROM bincard.closing c WHERE c.bu = p_bu AND c.until >= v_closes) THEN
      RAISE EXCEPTION USING ERRCODE = 'BC112', MESSAGE = 'the books are closed through that day already, or it is not over; give another day';
    END IF;
  END IF;
  IF EXISTS (SELECT 1 FROM bincard.closing c WHERE c.bu = p_bu AND c.until > v_effective) THEN
    RAISE EXCEPTION USING ERRCODE = 'BC112', MESSAGE = 'the books of that time are closed; give a later time';
  END IF;

  IF (p_body ->> 'opens')::boolean THEN
    IF b_document ->> 'parent' <> '' AND NOT EXISTS (SELECT FROM bincard.child c WHERE c.bu = p_bu AND c.parent = b_document ->> 'parent' AND c.doc = b_doc) THEN
      RAISE EXCEPTION USING ERRCODE = 'BC108', MESSAGE = 'units that are held for another document are not taken, nor put; fire a transition of that document';
    END IF;
    INSERT INTO bincard.document VALUES (p_bu, b_doc, '', b_document ->> 'workflow', (b_document ->> 'version')::bigint, b_document ->> 'state',
      (b_document ->> 'ended')::bigint,
      b_revision, b_document ->> 'fields', b_document ->> 'opened_by', (b_document ->> 'opened_at')::bigint, (b_document ->> 'entered_at')::bigint,
        b_document ->> 'parent')
      ON CONFLICT DO NOTHING;
    IF NOT FOUND OR b_revision <> 1 OR b_event ->> 'previous' <> '' OR b_event ->> 'from_state' <> '' THEN RAISE EXCEPTION USING ERRCODE = 'BC101', MESSAGE = 'the document is not as this command found it; load it and decide again'; END IF;
  ELSE
    UPDATE bincard.document d SET version = (b_document ->> 'version')::bigint, state = b_document ->> 'state', ended = (b_document ->> 'ended')::bigint,
        revision = b_revision, fields = b_document ->> 'fields', entered_at = (b_document ->> 'entered_at')::bigint
      WHERE d.bu = p_bu AND d.doc = b_doc AND d.revision = b_revision - 1
        AND d.state = b_event ->> 'from_state' AND d.workflow = b_document ->> 'workflow'
        AND (SELECT e.hash FROM bincard.event e WHERE e.bu = p_bu AND e.doc = b_doc AND e.revision = b_revision - 1) = b_event ->> 'previous'
      RETURNING d.number INTO v_number;
    IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC101', MESSAGE = 'the document is not as this command found it; load it and decide again'; END IF;
  END IF;

  IF b_event ->> 'to_state' <> b_document ->> 'state' THEN RAISE EXCEPTION USING ERRCODE = 'BC101', MESSAGE = 'the document is not as this command found it; load it and decide again'; END IF;

  INSERT INTO bincard.event VALUES (p_bu, b_doc, b_revision, b_event ->> 'transition', b_event ->> 'from_state', b_event ->> 'to_state', b_event ->> 'actor',
    b_event ->> 'role',
    b_event ->> 'command_key', b_event ->> 'body_hash', b_event ->> 'book_hash', (b_event ->> 'version')::bigint, v_recorded, v_effective,
      b_event ->> 'input', b_event ->> 'rules',
    b_event ->> 'content', b_event ->> 'previous', b_event ->> 'hash');
  IF v_closes IS NOT NULL THEN INSERT INTO bincard.closing VALUES (p_bu, v_closes, b_doc, b_revision); END IF;

  DELETE FROM bincard.document_line l WHERE l.bu = p_bu AND l.doc = b_doc
    AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(p_body -> 'lines') n WHERE (n ->> 'line')::bigint = l.line);
  INSERT INTO bincard.document_line AS l
    SELECT p_bu, b_doc, n.* FROM jsonb_to_recordset(p_body -> 'lines')
      AS n(line bigint, part text, vals text, inbound_party text, inbound_part text, inbound_pool text, inbound_quantity bigint)
    ON CONFLICT (bu, doc, line) DO UPDATE SET part = excluded.part, vals = excluded.vals, inbound_party = excluded.inbound_party,
      inbound_part = excluded.inbound_part,
      inbound_pool = excluded.inbound_pool, inbound_quantity = excluded.inbound_quantity
    WHERE (l.part, l.vals, l.inbound_party, l.inbound_part, l.inbound_pool, l.inbound_quantity)
      IS DISTINCT FROM (excluded.part, excluded.vals, excluded.inbound_party, excluded.inbound_part, excluded.inbound_pool, excluded.inbound_quantity);
  DELETE FROM bincard.mention m WHERE m.bu = p_bu AND m.doc = b_doc
    AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(p_body -> 'mentions') n WHERE n ->> 'kind' = m.kind AND n ->> 'code' = m.code);
  INSERT INTO bincard.mention SELECT p_bu, b_doc, n.* FROM jsonb_to_recordset(p_body -> 'mentions') AS n(kind text, code text) ON CONFLICT DO NOTHING;

  PERFORM bincard.commit_stock(p_bu, p_body);
  PERFORM bincard.commit_rest(p_bu, p_body);

  -- Numbers last: whoever waits for a series waits for the shortest time.
  IF p_body -> 'series' <> '[]' THEN
    INSERT INTO bincard.series AS s SELECT p_bu, n.series, n.count FROM jsonb_to_recordset(p_body -> 'series') AS n(series text, count bigint) ORDER BY n.series
      ON CONFLICT (bu, series) DO UPDATE SET last = s.last + excluded.last;
    IF p_body -> 'number' <> 'null' THEN
      SELECT bincard.number_of(n, s.last) INTO v_number FROM (SELECT p_body -> 'number' AS n) t JOIN bincard.series s ON s.bu = p_bu
        AND s.series = n ->> 'series';
      UPDATE bincard.document SET number = v_number WHERE bu = p_bu AND doc = b_doc;
    END IF;
    INSERT INTO bincard.paper
      SELECT p_bu, b_doc, b_revision, n.ordinality, n.value ->> 'kind', n.value ->> 'series', bincard.number_of(n.value, s.last),
        v_effective, n.value ->> 'from_party', n.value ->> 'to_party', (n.value ->> 'reverses')::bigint, (n.value ->> 'open')::bigint,
        CASE WHEN (n.value ->> 'ordinal')::bigint > 1 THEN b_doc || ' ' || b_revision
          ELSE coalesce((SELECT b.doc || ' ' || b.revision FROM bincard.paper b WHERE b.bu = p_bu AND b.series = s.series
            AND b.number = bincard.number_of(n.value || '{"ordinal": 0}', s.last)), '') END
      FROM jsonb_array_elements(p_body -> 'papers') WITH ORDINALITY n JOIN bincard.series s ON s.bu = p_bu AND s.series = n.value ->> 'series';
    SELECT coalesce(json_agg(p.number ORDER BY p.ordinal), '[]')::text INTO v_papers FROM bincard.paper p WHERE p.bu = p_bu AND p.doc = b_doc
      AND p.revision = b_revision;
  END IF;
  RETURN json_build_object('number', v_number, 'revision', b_revision, 'papers', v_papers::json)::text;
END $$;

-- Several transitions of one business unit in one transaction: a list of bodies. Each is done or refused by itself, and the
-- answers come in their order. Whoever commits several holds what they touch until the end: nobody else commits meanwhile, so
-- that no two wait for each other. A fault that is no refusal undoes all.
CREATE FUNCTION bincard.commit_many(p_bu text, p_bodies jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_body jsonb;
  v_answer text;
  v_answers text := '';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('bincard.closing ' || p_bu, 0));
  FOR v_body IN SELECT n.value FROM jsonb_array_elements(p_bodies) n LOOP
    BEGIN
      v_answer := bincard.commit(p_bu, v_body);
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE !~ '^(BC|40|23505)' THEN RAISE; END IF;
      v_answer := json_build_object('raised', SQLSTATE, 'said', SQLERRM)::text;
    END;
    v_answers := v_answers || ',' || v_answer;
  END LOOP;
  RETURN '[' || substr(v_answers, 2) || ']';
END $$;

-- A number of a series, whose last one this commit has taken already.
CREATE FUNCTION bincard.number_of(n jsonb, last bigint) RETURNS text LANGUAGE plpgsql STRICT IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits text := (last - (n ->> 'count')::bigint + (n ->> 'ordinal')::bigint)::text;
BEGIN
  RETURN (n ->> 'prefix') || lpad(digits, greatest((n ->> 'width')::int, length(digits)), '0') || (n ->> 'suffix');
END $$;

-- Lots and moves; balances follow (`moves.sql`).
CREATE FUNCTION bincard.commit_stock(p_bu text, p_body jsonb) RETURNS void LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_doc text := p_body ->> 'doc';
  b_revision bigint := (p_body ->> 'revision')::bigint;
BEGIN
  IF p_body -> 'lots' <> '[]' THEN
    PERFORM 1 FROM jsonb_array_elements(p_body -> 'lots') n JOIN bincard.lot l ON l.bu = p_bu AND l.lot = n ->> 'lot';
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC109', MESSAGE = 'a lot of that id is there already; receive into a new one'; END IF;
    INSERT INTO bincard.lot
      SELECT p_bu, n.*, b_doc, b_revision FROM jsonb_to_recordset(p_body -> 'lots')
        AS n(lot text, part text, label text, received_at bigint, so text, so_item bigint, delivery text, delivery_item bigint, rate bigint, expires bigint,
          parent text);
  END IF;
  IF p_body -> 'moves' <> '[]' THEN
    INSERT INTO bincard.move
      SELECT p_bu, b_doc, b_revision, n.*, (p_body #>> '{event,recorded_at}')::bigint, (p_body #>> '{event,effective_at}')::bigint
      FROM jsonb_to_recordset(p_body -> 'moves')
        AS n(ordinal bigint, line bigint, part text, lot text, serial text, quantity bigint, rate bigint,
          from_party text, from_bin text, from_doc text, from_line bigint, from_condition text, from_owner text, from_pool text,
          to_party text, to_bin text, to_doc text, to_line bigint, to_condition text, to_owner text, to_pool text)
      -- All commits take from the shelves in the same order, so that none waits for one that waits for it. Moves of one lot follow each other.
      ORDER BY n.part COLLATE "C", n.lot COLLATE "C", n.serial COLLATE "C", n.ordinal;
  END IF;
END $$;

-- Obligations, papers closed, timers, claims, documents to be started, and what is to be told.
CREATE FUNCTION bincard.commit_rest(p_bu text, p_body jsonb) RETURNS void LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_doc text := p_body ->> 'doc';
  b_revision bigint := (p_body ->> 'revision')::bigint;
  b_workflow text := p_body #>> '{document,workflow}';
  b_state text := p_body #>> '{document,state}';
BEGIN
  IF p_body -> 'owed' <> '[]' THEN
    PERFORM 1 FROM jsonb_array_elements(p_body -> 'owed') n JOIN bincard.obligation o ON o.bu = p_bu AND o.id = n ->> 'id';
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC104', MESSAGE = 'less is owed than this command settles, or it is owed already; load the document and decide again'; END IF;
    INSERT INTO bincard.obligation
      SELECT p_bu, n.id, b_doc, b_revision, n.line, n.kind, n.part, n.quantity, n.open, n.debtor, n.creditor, n.opened_at, n.due_at, n.rate
      FROM jsonb_to_recordset(p_body -> 'owed')
        AS n(id text, line bigint, kind text, part text, quantity bigint, open bigint, debtor text, creditor text, opened_at bigint, due_at bigint,
          rate bigint);
  END IF;
  IF p_body -> 'changes' <> '[]' THEN
    INSERT INTO bincard.obligation_change
      SELECT p_bu, b_doc, b_revision, n.ordinality, n.value ->> 'id', n.value ->> 'kind', (n.value ->> 'quantity')::bigint
      FROM jsonb_array_elements(p_body -> 'changes') WITH ORDINALITY n ORDER BY n.ordinality;
  END IF;
  IF p_body -> 'closed' <> '[]' THEN
    PERFORM 1 FROM jsonb_array_elements_text(p_body -> 'closed') AS n(number)
      WHERE NOT EXISTS (SELECT 1 FROM bincard.paper p WHERE p.bu = p_bu AND p.doc = b_doc AND p.number = n.number AND p.open = 1);
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC105', MESSAGE = 'a paper of this document is not open; load the document and decide again'; END IF;
    UPDATE bincard.paper p SET open = 0 WHERE p.bu = p_bu AND p.doc = b_doc AND p.open = 1 AND p_body -> 'closed' ? p.number;
  END IF;
  IF p_body -> 'fired' <> 'null' THEN
    DELETE FROM bincard.timer t WHERE t.bu = p_bu AND t.doc = p_body #>> '{fired,doc}' AND t.id = p_body #>> '{fired,id}'
      AND (t.doc = b_doc OR t.doc = (SELECT d.parent FROM bincard.document d WHERE d.bu = p_bu AND d.doc = b_doc)
        OR EXISTS (SELECT 1 FROM bincard.child c WHERE c.bu = p_bu AND c.parent = b_doc AND c.doc = t.doc));
    IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC110', MESSAGE = 'it is done already; look again at what is due'; END IF;
  END IF;
  IF (p_body ->> 'enters')::boolean THEN
    DELETE FROM bincard.timer t WHERE t.bu = p_bu AND t.doc = b_doc AND t.kind <> 'start';
    DELETE FROM bincard.claim c WHERE c.bu = p_bu AND c.doc = b_doc AND c.until::jsonb ? b_state;
  END IF;
  IF p_body -> 'timers' <> '[]' THEN
    INSERT INTO bincard.timer SELECT p_bu, b_doc, n.id, n.due_at, n.kind, n.state, n.body, '', n.held_until
      FROM jsonb_to_recordset(p_body -> 'timers') AS n(id text, due_at bigint, kind text, state text, body text, held_until bigint);
  END IF;
  IF p_body -> 'claims' <> '[]' THEN
    INSERT INTO bincard.claim AS c SELECT p_bu, b_workflow, n.claim_key, b_doc, n.until FROM jsonb_to_recordset(p_body -> 'claims') AS n(claim_key text,
      until text)
      ORDER BY n.claim_key ON CONFLICT (bu, workflow, claim_key) DO UPDATE SET until = excluded.until WHERE c.doc = excluded.doc;
    PERFORM 1 FROM jsonb_array_elements(p_body -> 'claims') n
      JOIN bincard.claim c ON c.bu = p_bu AND c.workflow = b_workflow AND c.claim_key = n ->> 'claim_key' WHERE c.doc <> b_doc;
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC107', MESSAGE = 'another document holds what this one claims; load the document and decide again'; END IF;
  END IF;
  IF p_body -> 'children' <> '[]' THEN
    INSERT INTO bincard.child SELECT p_bu, b_doc, n.doc, n.workflow, '' FROM jsonb_to_recordset(p_body -> 'children') AS n(doc text, workflow text);
  END IF;
  IF p_body -> 'outbox' <> '[]' THEN
    INSERT INTO bincard.outbox SELECT p_bu, b_doc, n.*, (p_body #>> '{event,recorded_at}')::bigint, 0
      FROM jsonb_to_recordset(p_body -> 'outbox') AS n(id text, kind text, topic text, message text, payload text);
  END IF;
END $$;
