-- Transitions: each body is one whole decision; what the commit assigned comes back as JSON. One is written by `commit`,
-- several of a business unit in one transaction by `commit_many`; both leave the writing to `commit_all`, which goes through
-- all bodies a table at a time. Every statement names the business unit first, so that the call can run where its rows are.
-- What is looked up for each of several is asked as a value, or among the documents at hand, so that the planner cannot take it
-- from the other end: a table that was small when the plan was made may be large by now.
--
-- BC101 document · BC102 balance · BC103 serial · BC104 obligation · BC105 paper · BC106 repeated key · BC107 claim · BC108 another's · BC109 lot · BC110 timer · BC112 closed books
CREATE FUNCTION bincard.commit(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_books bigint := hashtextextended('bincard.closing ' || p_bu, 0);
BEGIN
  -- Whoever closes the books waits for those who are writing, and they wait for whoever closes: nobody writes into a period
  -- while it is being closed.
  IF p_body -> 'closes' = 'null' THEN
    PERFORM pg_advisory_xact_lock_shared(v_books);
  ELSE
    PERFORM pg_advisory_xact_lock(v_books);
  END IF;
  RETURN bincard.commit_all(p_bu, jsonb_build_array(p_body)) -> 0;
END $$;

-- A list of bodies. Each is done or refused by itself, and the answers come in their order. Whoever commits several holds
-- what they touch until the end: nobody else commits meanwhile, so that no two wait for each other. They are written all
-- at once, and where one of them is refused or meets another, one by one. A fault that is no refusal undoes all.
CREATE FUNCTION bincard.commit_many(p_bu text, p_bodies jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_body jsonb;
  v_answers jsonb := '[]';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('bincard.closing ' || p_bu, 0));
  BEGIN
    RETURN bincard.commit_all(p_bu, p_bodies);
  EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE !~ '^(BC|40|23505|21000)' THEN RAISE; END IF;
  END;
  FOR v_body IN SELECT n.value FROM jsonb_array_elements(p_bodies) n LOOP
    BEGIN
      v_answers := v_answers || bincard.commit_all(p_bu, jsonb_build_array(v_body));
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE !~ '^(BC|40|23505)' THEN RAISE; END IF;
      v_answers := v_answers || jsonb_build_object('raised', SQLSTATE, 'said', SQLERRM);
    END;
  END LOOP;
  RETURN v_answers;
END $$;

-- Writes some bodies, all or none: what one of them may not do, none does. No two are of one document, and whoever closes
-- books comes alone; those who do not are refused here and so written one by one. A statement is begun only where a body
-- has something for it: to begin one takes longer than to write its rows.
CREATE FUNCTION bincard.commit_all(p_bu text, p_bodies jsonb) RETURNS jsonb LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bodies bigint;
  v_opening bigint;
  v_written bigint;
  v_closes bigint;
  v_first bigint;
  v_closed bigint;
  v_docs text[];
  v_repeated boolean;
  v_astray boolean;
  v_taken jsonb;
  v_answers jsonb;
BEGIN
  SELECT array_agg(n.doc), count(*), count(*) FILTER (WHERE n.opens), max(n.closes), min((n.event ->> 'effective_at')::bigint),
      bool_or(EXISTS (SELECT FROM bincard.event e WHERE e.bu = p_bu AND e.command_key = n.event ->> 'command_key')),
      bool_or(n.event ->> 'to_state' <> n.document ->> 'state' OR n.opens <> (n.revision = 1)
        OR n.opens AND (n.event ->> 'previous' <> '' OR n.event ->> 'from_state' <> '')),
      (SELECT max(c.until) FROM bincard.closing c WHERE c.bu = p_bu)
    INTO v_docs, v_bodies, v_opening, v_closes, v_first, v_repeated, v_astray, v_closed
    FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, opens boolean, closes bigint, document jsonb, event jsonb);
  IF v_repeated THEN RAISE EXCEPTION USING ERRCODE = 'BC106', MESSAGE = 'the key was used before; a new command takes a new key'; END IF;
  IF v_astray IS NOT FALSE OR v_bodies > 1 AND (v_closes IS NOT NULL OR (SELECT count(DISTINCT d.doc) FROM unnest(v_docs) AS d(doc)) < v_bodies) THEN
    RAISE EXCEPTION USING ERRCODE = 'BC101', MESSAGE = 'the document is not as this command found it; load it and decide again';
  END IF;

  IF v_opening > 0 THEN
    INSERT INTO bincard.document
      SELECT p_bu, n.doc, '', d.workflow, d.version, d.state, d.ended, n.revision, d.fields, d.opened_by, d.opened_at, d.entered_at, d.parent
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, opens boolean, document jsonb), jsonb_to_record(n.document)
        AS d(workflow text, version bigint, state text, ended bigint, fields text, opened_by text, opened_at bigint, entered_at bigint, parent text)
      WHERE n.opens ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written < v_opening THEN RAISE EXCEPTION USING ERRCODE = 'BC101', MESSAGE = 'the document is not as this command found it; load it and decide again'; END IF;
    PERFORM FROM jsonb_to_recordset(p_bodies) AS n(doc text, opens boolean, document jsonb) WHERE n.opens AND n.document ->> 'parent' <> ''
      AND NOT EXISTS (SELECT FROM bincard.child c WHERE c.bu = p_bu AND c.parent = n.document ->> 'parent' AND c.doc = n.doc);
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC108', MESSAGE = 'units that are held for another document are not taken, nor put; fire a transition of that document'; END IF;
  END IF;
  IF v_opening < v_bodies THEN
    UPDATE bincard.document d SET version = (n.document ->> 'version')::bigint, state = n.document ->> 'state', ended = (n.document ->> 'ended')::bigint,
        revision = n.revision, fields = n.document ->> 'fields', entered_at = (n.document ->> 'entered_at')::bigint
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, opens boolean, document jsonb, event jsonb)
      WHERE NOT n.opens AND d.bu = p_bu AND d.doc = ANY (v_docs) AND d.doc = n.doc AND d.revision = n.revision - 1
        -- Said so that no index but the key can be taken for it, however small the table was when this was planned.
        AND d.state IS NOT DISTINCT FROM n.event ->> 'from_state' AND d.workflow IS NOT DISTINCT FROM n.document ->> 'workflow'
        AND (SELECT e.hash FROM bincard.event e WHERE e.bu = p_bu AND e.doc = n.doc AND e.revision = n.revision - 1) = n.event ->> 'previous';
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written < v_bodies - v_opening THEN RAISE EXCEPTION USING ERRCODE = 'BC101', MESSAGE = 'the document is not as this command found it; load it and decide again'; END IF;
  END IF;
  IF v_closes > v_first OR v_closes <= v_closed THEN
    RAISE EXCEPTION USING ERRCODE = 'BC112', MESSAGE = 'the books are closed through that day already, or it is not over; give another day';
  END IF;
  IF v_closed > v_first THEN RAISE EXCEPTION USING ERRCODE = 'BC112', MESSAGE = 'the books of that time are closed; give a later time'; END IF;

  INSERT INTO bincard.event
    SELECT p_bu, n.doc, n.revision, e.* FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, event jsonb), jsonb_to_record(n.event)
      AS e(transition text, from_state text, to_state text, actor text, role text, command_key text, body_hash text, book_hash text, version bigint,
        recorded_at bigint, effective_at bigint, input text, rules text, content text, previous text, hash text);
  IF v_closes IS NOT NULL THEN
    INSERT INTO bincard.closing SELECT p_bu, n.closes, n.doc, n.revision FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, closes bigint);
  END IF;

  -- Of lines and mentions a body has what is new or has changed; and where some fall away, all that are left.
  IF p_bodies @? '$[*].lines_left.type() ? (@ == "array")' THEN
    DELETE FROM bincard.document_line l USING jsonb_to_recordset(p_bodies) AS n(doc text, lines_left jsonb)
      WHERE l.bu = p_bu AND l.doc = ANY (v_docs) AND l.doc = n.doc
      AND NOT n.lines_left @> to_jsonb(l.line);
  END IF;
  IF p_bodies @? '$[*].mentions_left.type() ? (@ == "array")' THEN
    DELETE FROM bincard.mention m USING jsonb_to_recordset(p_bodies) AS n(doc text, mentions_left jsonb)
      WHERE m.bu = p_bu AND m.doc = ANY (v_docs) AND m.doc = n.doc
      AND NOT n.mentions_left @> jsonb_build_array(jsonb_build_object('kind', m.kind, 'code', m.code));
  END IF;
  IF p_bodies @? '$[*].lines[*]' THEN
    INSERT INTO bincard.document_line
      SELECT p_bu, n.doc, x.* FROM jsonb_to_recordset(p_bodies) AS n(doc text, lines jsonb), jsonb_to_recordset(n.lines)
        AS x(line bigint, part text, vals text, inbound_party text, inbound_part text, inbound_pool text, inbound_quantity bigint)
      ON CONFLICT (bu, doc, line) DO UPDATE SET part = excluded.part, vals = excluded.vals, inbound_party = excluded.inbound_party,
        inbound_part = excluded.inbound_part, inbound_pool = excluded.inbound_pool, inbound_quantity = excluded.inbound_quantity;
  END IF;
  IF p_bodies @? '$[*].mentions[*]' THEN
    INSERT INTO bincard.mention
      SELECT p_bu, n.doc, x.* FROM jsonb_to_recordset(p_bodies) AS n(doc text, mentions jsonb), jsonb_to_recordset(n.mentions) AS x(kind text, code text)
      ON CONFLICT DO NOTHING;
  END IF;

  PERFORM bincard.commit_stock(p_bu, p_bodies);
  PERFORM bincard.commit_rest(p_bu, p_bodies);

  -- Numbers last: whoever waits for a series waits for the shortest time. `last` is the last one that a body has taken,
  -- `before` the event of the body before it that took from the same series.
  IF NOT p_bodies @? '$[*].series[*]' THEN RETURN to_jsonb(array_fill(NULL::text, ARRAY[v_bodies::int])); END IF;
  WITH given AS (
    INSERT INTO bincard.series AS s
      SELECT p_bu, x.series, sum(x.count) FROM jsonb_to_recordset(p_bodies) AS n(series jsonb), jsonb_to_recordset(n.series) AS x(series text, count bigint)
      GROUP BY x.series ORDER BY x.series
      ON CONFLICT (bu, series) DO UPDATE SET last = s.last + excluded.last RETURNING s.series, s.last)
  SELECT jsonb_agg(to_jsonb(t)) INTO v_taken FROM (
    SELECT n.doc, n.revision, n.event -> 'effective_at' AS issued_at, n.number, n.papers, x.series, g.last - coalesce(sum(x.count) OVER (
        PARTITION BY x.series ORDER BY n.ordinality ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0)::bigint AS last,
      lag(n.doc || ' ' || n.revision) OVER (PARTITION BY x.series ORDER BY n.ordinality) AS before
    FROM ROWS FROM (jsonb_to_recordset(p_bodies) AS (doc text, revision bigint, number jsonb, papers jsonb, series jsonb, event jsonb)) WITH ORDINALITY
        AS n(doc, revision, number, papers, series, event, ordinality),
      jsonb_to_recordset(n.series) AS x(series text, count bigint) JOIN given g ON g.series = x.series) t;
  IF p_bodies @? '$[*].number.series' THEN
    UPDATE bincard.document d SET number = bincard.number_of(t.number, t.last)
      FROM jsonb_to_recordset(v_taken) AS t(doc text, series text, last bigint, number jsonb)
      WHERE d.bu = p_bu AND d.doc = ANY (v_docs) AND d.doc = t.doc AND t.number ->> 'series' = t.series;
  END IF;
  IF p_bodies @? '$[*].papers[*]' THEN
    INSERT INTO bincard.paper
      SELECT p_bu, t.doc, t.revision, p.ordinality, p.value ->> 'kind', t.series, bincard.number_of(p.value, t.last), t.issued_at, p.value ->> 'from_party',
        p.value ->> 'to_party', (p.value ->> 'reverses')::bigint, (p.value ->> 'open')::bigint,
        CASE WHEN (p.value ->> 'ordinal')::bigint > 1 THEN t.doc || ' ' || t.revision
          ELSE coalesce(t.before, (SELECT b.doc || ' ' || b.revision FROM bincard.paper b WHERE b.bu = p_bu AND b.series = t.series
            AND b.number = bincard.number_of(p.value || '{"ordinal": 0}', t.last)), '') END
      FROM jsonb_to_recordset(v_taken) AS t(doc text, revision bigint, issued_at bigint, series text, last bigint, before text, papers jsonb),
        jsonb_array_elements(t.papers) WITH ORDINALITY p WHERE p.value ->> 'series' = t.series;
  END IF;
  SELECT jsonb_agg(CASE WHEN n.series = '[]' THEN 'null' ELSE jsonb_build_object('revision', n.revision,
      'number', (SELECT d.number FROM bincard.document d WHERE d.bu = p_bu AND d.doc = n.doc),
      'papers', CASE WHEN n.papers = '[]' THEN n.papers ELSE (SELECT jsonb_agg(p.number ORDER BY p.ordinal) FROM bincard.paper p
        WHERE p.bu = p_bu AND p.doc = n.doc AND p.revision = n.revision) END) END) INTO v_answers
    FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, series jsonb, papers jsonb);
  RETURN v_answers;
END $$;

-- A number of a series, of which a commit has taken some: `last` is the last of those.
CREATE FUNCTION bincard.number_of(n jsonb, last bigint) RETURNS text LANGUAGE plpgsql STRICT IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  digits text := (last - (n ->> 'count')::bigint + (n ->> 'ordinal')::bigint)::text;
BEGIN
  RETURN (n ->> 'prefix') || lpad(digits, greatest((n ->> 'width')::int, length(digits)), '0') || (n ->> 'suffix');
END $$;

-- Lots and moves; balances follow (`moves.sql`).
CREATE FUNCTION bincard.commit_stock(p_bu text, p_bodies jsonb) RETURNS void LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_bodies @? '$[*].lots[*]' THEN
    PERFORM FROM jsonb_array_elements(p_bodies) n, jsonb_array_elements(n.value -> 'lots') x
      WHERE (SELECT l.doc FROM bincard.lot l WHERE l.bu = p_bu AND l.lot = x.value ->> 'lot') IS NOT NULL;
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC109', MESSAGE = 'a lot of that id is there already; receive into a new one'; END IF;
    INSERT INTO bincard.lot
      SELECT p_bu, x.*, n.doc, n.revision FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, lots jsonb), jsonb_to_recordset(n.lots)
        AS x(lot text, part text, label text, received_at bigint, so text, so_item bigint, delivery text, delivery_item bigint, rate bigint, expires bigint,
          parent text);
  END IF;
  IF p_bodies @? '$[*].moves[*]' THEN
    -- In the order in which they were made: what one puts down the next may take. Positions are taken in an order of their own (`moves.sql`).
    INSERT INTO bincard.move
      SELECT p_bu, n.doc, n.revision, x.*, (n.event ->> 'recorded_at')::bigint, (n.event ->> 'effective_at')::bigint
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, moves jsonb, event jsonb), jsonb_to_recordset(n.moves)
        AS x(ordinal bigint, line bigint, part text, lot text, serial text, quantity bigint, rate bigint,
          from_party text, from_bin text, from_doc text, from_line bigint, from_condition text, from_owner text, from_pool text,
          to_party text, to_bin text, to_doc text, to_line bigint, to_condition text, to_owner text, to_pool text);
  END IF;
END $$;

-- Obligations, papers closed, timers, claims, documents to be started, and what is to be told.
CREATE FUNCTION bincard.commit_rest(p_bu text, p_bodies jsonb) RETURNS void LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_fired text[];
  v_entering text[];
  v_gives_up boolean;
  v_written bigint;
BEGIN
  SELECT array_agg(n.fired ->> 'doc') FILTER (WHERE n.fired IS NOT NULL), array_agg(n.doc) FILTER (WHERE n.enters AND NOT n.opens),
      bool_or(n.enters AND NOT n.opens AND EXISTS (
        SELECT FROM bincard.claim c WHERE c.bu = p_bu AND c.doc = n.doc AND c.until::jsonb ? (n.document ->> 'state')))
    INTO v_fired, v_entering, v_gives_up
    FROM jsonb_to_recordset(p_bodies) AS n(doc text, opens boolean, enters boolean, fired jsonb, document jsonb);
  IF p_bodies @? '$[*].owed[*]' THEN
    PERFORM FROM jsonb_array_elements(p_bodies) n, jsonb_array_elements(n.value -> 'owed') x
      WHERE (SELECT o.doc FROM bincard.obligation o WHERE o.bu = p_bu AND o.id = x.value ->> 'id') IS NOT NULL;
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC104', MESSAGE = 'less is owed than this command settles, or it is owed already; load the document and decide again'; END IF;
    INSERT INTO bincard.obligation
      SELECT p_bu, x.id, n.doc, n.revision, x.line, x.kind, x.part, x.quantity, x.open, x.debtor, x.creditor, x.opened_at, x.due_at, x.rate
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, owed jsonb), jsonb_to_recordset(n.owed)
        AS x(id text, line bigint, kind text, part text, quantity bigint, open bigint, debtor text, creditor text, opened_at bigint, due_at bigint,
          rate bigint);
  END IF;
  IF p_bodies @? '$[*].changes[*]' THEN
    INSERT INTO bincard.obligation_change
      SELECT p_bu, n.doc, n.revision, x.ordinality, x.value ->> 'id', x.value ->> 'kind', (x.value ->> 'quantity')::bigint
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, revision bigint, changes jsonb), jsonb_array_elements(n.changes) WITH ORDINALITY x
      ORDER BY n.doc COLLATE "C", x.ordinality;
  END IF;
  IF p_bodies @? '$[*].closed[*]' THEN
    PERFORM FROM jsonb_array_elements(p_bodies) n, jsonb_array_elements_text(n.value -> 'closed') AS x(number)
      WHERE (SELECT max(p.open) FROM bincard.paper p WHERE p.bu = p_bu AND p.doc = n.value ->> 'doc' AND p.number = x.number) IS DISTINCT FROM 1;
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC105', MESSAGE = 'a paper of this document is not open; load the document and decide again'; END IF;
    UPDATE bincard.paper p SET open = 0 FROM jsonb_to_recordset(p_bodies) AS n(doc text, closed jsonb)
      WHERE p.bu = p_bu AND p.doc = ANY (ARRAY(SELECT c.doc FROM jsonb_to_recordset(p_bodies) AS c(doc text, closed jsonb) WHERE c.closed <> '[]'))
        AND p.doc = n.doc AND p.open = 1 AND n.closed ? p.number;
  END IF;
  IF v_fired IS NOT NULL THEN
    DELETE FROM bincard.timer t USING jsonb_to_recordset(p_bodies) AS n(doc text, fired jsonb)
      WHERE t.bu = p_bu AND t.doc = ANY (v_fired) AND t.doc = n.fired ->> 'doc' AND t.id = n.fired ->> 'id'
        AND (t.doc = n.doc OR t.doc = (SELECT d.parent FROM bincard.document d WHERE d.bu = p_bu AND d.doc = n.doc)
          OR EXISTS (SELECT FROM bincard.child c WHERE c.bu = p_bu AND c.parent = n.doc AND c.doc = t.doc));
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written < cardinality(v_fired) THEN RAISE EXCEPTION USING ERRCODE = 'BC110', MESSAGE = 'it is done already; look again at what is due'; END IF;
  END IF;
  IF v_entering IS NOT NULL THEN
    DELETE FROM bincard.timer t WHERE t.bu = p_bu AND t.doc = ANY (v_entering) AND t.kind NOT IN ('start', 'arrived');
  END IF;
  IF v_gives_up THEN
    DELETE FROM bincard.claim c USING jsonb_to_recordset(p_bodies) AS n(doc text, enters boolean, document jsonb)
      WHERE n.enters AND c.bu = p_bu AND c.doc = ANY (v_entering) AND c.doc = n.doc AND c.until::jsonb ? (n.document ->> 'state');
  END IF;
  IF p_bodies @? '$[*].timers[*]' THEN
    INSERT INTO bincard.timer SELECT p_bu, n.doc, x.id, x.due_at, x.kind, x.state, x.body, '', x.held_until
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, timers jsonb), jsonb_to_recordset(n.timers)
        AS x(id text, due_at bigint, kind text, state text, body text, held_until bigint);
  END IF;
  IF p_bodies @? '$[*].claims[*]' THEN
    INSERT INTO bincard.claim AS c SELECT p_bu, n.document ->> 'workflow', x.claim_key, n.doc, x.until
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, document jsonb, claims jsonb), jsonb_to_recordset(n.claims) AS x(claim_key text, until text)
      ORDER BY 2, x.claim_key ON CONFLICT (bu, workflow, claim_key) DO UPDATE SET until = excluded.until WHERE c.doc = excluded.doc;
    PERFORM FROM jsonb_array_elements(p_bodies) n, jsonb_array_elements(n.value -> 'claims') x
      WHERE n.value ->> 'doc' <> (SELECT c.doc FROM bincard.claim c
        WHERE c.bu = p_bu AND c.workflow = n.value #>> '{document,workflow}' AND c.claim_key = x.value ->> 'claim_key');
    IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC107', MESSAGE = 'another document holds what this one claims; load the document and decide again'; END IF;
  END IF;
  IF p_bodies @? '$[*].children[*]' THEN
    INSERT INTO bincard.child SELECT p_bu, n.doc, x.doc, x.workflow, ''
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, children jsonb), jsonb_to_recordset(n.children) AS x(doc text, workflow text);
  END IF;
  IF p_bodies @? '$[*].outbox[*]' THEN
    INSERT INTO bincard.outbox SELECT p_bu, n.doc, x.*, (n.event ->> 'recorded_at')::bigint, 0
      FROM jsonb_to_recordset(p_bodies) AS n(doc text, event jsonb, outbox jsonb), jsonb_to_recordset(n.outbox)
        AS x(id text, kind text, topic text, message text, payload text);
  END IF;
END $$;
