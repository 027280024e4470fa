-- The floor on PostgreSQL: the same rows by one call for each transition, no triggers, no checks, no questions.
CREATE TABLE {floor}.given (n bigint PRIMARY KEY, opens boolean NOT NULL, enters boolean NOT NULL, state text NOT NULL,
  document {floor}.document NOT NULL, lines {floor}.document_line[] NOT NULL, event {floor}.event NOT NULL, mentions {floor}.mention[] NOT NULL,
  lots {floor}.lot[] NOT NULL, moves {floor}.move[] NOT NULL, owed {floor}.obligation[] NOT NULL, changes {floor}.obligation_change[] NOT NULL,
  timers {floor}.timer[] NOT NULL, children {floor}.child[] NOT NULL, outbox {floor}.outbox[] NOT NULL, claims {floor}.claim[] NOT NULL,
  papers {floor}.paper[] NOT NULL, paper_back bigint[] NOT NULL, series {floor}.series[] NOT NULL, number_series text NOT NULL, number_back bigint NOT NULL,
  prefix text[] NOT NULL, width int[] NOT NULL, suffix text[] NOT NULL, closed text[] NOT NULL, fired_doc text NOT NULL, fired_id text NOT NULL);

-- Keeps the rows of a transition for the call that will write them. `prefix`, `width` and `suffix` are of the document's
-- number first, then of the papers'.
CREATE FUNCTION {floor}.give(n bigint, r jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO {floor}.given SELECT n, (r ->> 'opens')::boolean, (r ->> 'enters')::boolean, r ->> 'state',
    jsonb_populate_record(NULL::{floor}.document, r -> 'document'),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.document_line, r -> 'lines') x),
    jsonb_populate_record(NULL::{floor}.event, r #> '{event,0}'),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.mention, r -> 'mention') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.lot, r -> 'lot') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.move, r -> 'move') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.obligation, r -> 'obligation') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.obligation_change, r -> 'obligation_change') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.timer, r -> 'timer') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.child, r -> 'child') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.outbox, r -> 'outbox') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.claim, r -> 'claims') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.paper, r -> 'papers') x),
    ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(r -> 'paper_back') x),
    ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::{floor}.series, r -> 'series') x),
    r ->> 'number_series', (r ->> 'number_back')::bigint,
    ARRAY(SELECT x FROM jsonb_array_elements_text(r -> 'prefix') x),
    ARRAY(SELECT x::int FROM jsonb_array_elements_text(r -> 'width') x),
    ARRAY(SELECT x FROM jsonb_array_elements_text(r -> 'suffix') x),
    ARRAY(SELECT x FROM jsonb_array_elements_text(r -> 'closed') x), r ->> 'fired_doc', r ->> 'fired_id'
$$;

CREATE FUNCTION {floor}.write(p_n bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  g {floor}.given;
  d {floor}.document;
  m {floor}.move;
  p {floor}.paper;
  i int;
  v_last bigint;
BEGIN
  SELECT * INTO STRICT g FROM {floor}.given WHERE n = p_n;
  d := g.document;
  FOR i IN 1 .. cardinality(g.series) LOOP
    INSERT INTO {floor}.series AS s SELECT (g.series[i]).* ON CONFLICT (bu, series) DO UPDATE SET last = s.last + excluded.last RETURNING last INTO v_last;
    IF (g.series[i]).series = g.number_series THEN d.number := g.prefix[1] || lpad((v_last - g.number_back)::text, g.width[1], '0') || g.suffix[1]; END IF;
    FOR j IN 1 .. cardinality(g.papers) LOOP
      IF (g.papers[j]).series = (g.series[i]).series THEN
        p := g.papers[j];
        p.number := g.prefix[j + 1] || lpad((v_last - g.paper_back[j])::text, g.width[j + 1], '0') || g.suffix[j + 1];
        g.papers[j] := p;
      END IF;
    END LOOP;
  END LOOP;
  IF g.opens THEN
    INSERT INTO {floor}.document SELECT d.*;
    INSERT INTO {floor}.mention SELECT * FROM unnest(g.mentions);
  ELSE
    UPDATE {floor}.document SET version = d.version, state = d.state, ended = d.ended, revision = d.revision, fields = d.fields, entered_at = d.entered_at
      WHERE bu = d.bu AND doc = d.doc AND revision = d.revision - 1;
    IF NOT FOUND THEN RAISE EXCEPTION 'the document is not as it was left'; END IF;
  END IF;
  INSERT INTO {floor}.event SELECT (g.event).*;
  INSERT INTO {floor}.document_line AS l SELECT * FROM unnest(g.lines) ON CONFLICT (bu, doc, line) DO UPDATE SET part = excluded.part, vals = excluded.vals,
    inbound_party = excluded.inbound_party, inbound_part = excluded.inbound_part, inbound_pool = excluded.inbound_pool,
    inbound_quantity = excluded.inbound_quantity;
  IF cardinality(g.lots) > 0 THEN INSERT INTO {floor}.lot SELECT * FROM unnest(g.lots); END IF;
  IF cardinality(g.moves) > 0 THEN
    INSERT INTO {floor}.move SELECT * FROM unnest(g.moves);
    FOREACH m IN ARRAY g.moves LOOP
      IF m.from_party = '' THEN
        INSERT INTO {floor}.stock AS s VALUES (m.bu, '', m.part, m.from_bin, m.from_doc, m.from_line, m.from_condition, m.from_owner, m.from_pool, m.lot, m.serial,
          -m.quantity) ON CONFLICT (bu, party, part, bin, doc, line, condition, owner, pool, lot, serial) DO UPDATE SET quantity = s.quantity + excluded.quantity;
      ELSE
        UPDATE {floor}.stock SET quantity = quantity - m.quantity WHERE bu = m.bu AND party = m.from_party AND part = m.part AND bin = m.from_bin
          AND doc = m.from_doc AND line = m.from_line AND condition = m.from_condition AND owner = m.from_owner AND pool = m.from_pool AND lot = m.lot
          AND serial = m.serial AND quantity >= m.quantity RETURNING quantity INTO v_last;
        IF v_last = 0 THEN
          DELETE FROM {floor}.stock WHERE bu = m.bu AND party = m.from_party AND part = m.part AND bin = m.from_bin
            AND doc = m.from_doc AND line = m.from_line AND condition = m.from_condition AND owner = m.from_owner AND pool = m.from_pool AND lot = m.lot
            AND serial = m.serial;
        END IF;
      END IF;
      INSERT INTO {floor}.stock AS s VALUES (m.bu, m.to_party, m.part, m.to_bin, m.to_doc, m.to_line, m.to_condition, m.to_owner, m.to_pool, m.lot, m.serial,
        m.quantity) ON CONFLICT (bu, party, part, bin, doc, line, condition, owner, pool, lot, serial) DO UPDATE SET quantity = s.quantity + excluded.quantity;
    END LOOP;
  END IF;
  IF cardinality(g.owed) > 0 THEN INSERT INTO {floor}.obligation SELECT * FROM unnest(g.owed); END IF;
  IF cardinality(g.changes) > 0 THEN
    INSERT INTO {floor}.obligation_change SELECT * FROM unnest(g.changes);
    UPDATE {floor}.obligation o SET open = o.open - c.quantity FROM unnest(g.changes) c WHERE o.bu = c.bu AND o.id = c.id;
  END IF;
  IF g.enters THEN
    DELETE FROM {floor}.timer WHERE bu = d.bu AND doc = d.doc AND kind <> 'start';
    DELETE FROM {floor}.claim WHERE bu = d.bu AND doc = d.doc AND until::jsonb ? g.state;
  END IF;
  IF g.fired_id <> '' THEN DELETE FROM {floor}.timer WHERE bu = d.bu AND doc = g.fired_doc AND id = g.fired_id; END IF;
  IF cardinality(g.timers) > 0 THEN INSERT INTO {floor}.timer SELECT * FROM unnest(g.timers); END IF;
  IF cardinality(g.children) > 0 THEN INSERT INTO {floor}.child SELECT * FROM unnest(g.children); END IF;
  IF cardinality(g.outbox) > 0 THEN INSERT INTO {floor}.outbox SELECT * FROM unnest(g.outbox); END IF;
  IF cardinality(g.claims) > 0 THEN INSERT INTO {floor}.claim SELECT * FROM unnest(g.claims); END IF;
  IF cardinality(g.closed) > 0 THEN UPDATE {floor}.paper SET open = 0 WHERE bu = d.bu AND doc = d.doc AND number = ANY (g.closed); END IF;
  IF cardinality(g.papers) > 0 THEN INSERT INTO {floor}.paper SELECT * FROM unnest(g.papers); END IF;
END $$;
