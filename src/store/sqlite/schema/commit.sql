-- One transition: the body is the whole decision. Checks come first; then everything is written, in three strokes, since most
-- transitions change few tables: what a body says nothing of has a trigger that is not run. A list that is empty is left out
-- in the same way. Of lines and mentions the body has what is new or has changed; and where some fall away, all that are left.
--
-- BC101 document · BC102 balance · BC103 serial · BC104 obligation · BC105 paper · BC106 repeated key · BC107 claim · BC108 another's · BC109 lot · BC110 timer · BC112 closed books
CREATE VIEW commit_first (bu, doc, revision, body) AS SELECT bu, doc, revision, body FROM task;
CREATE VIEW commit_next (bu, doc, revision, body) AS SELECT bu, doc, revision, body FROM task;
CREATE VIEW commit_last (bu, doc, revision, body) AS SELECT bu, doc, revision, body FROM task;

CREATE TRIGGER task_commit INSTEAD OF INSERT ON task WHEN NEW.kind = 'commit'
BEGIN
  SELECT RAISE(ABORT, 'BC106 the key was used before; a new command takes a new key') FROM event WHERE bu = NEW.bu AND command_key = NEW.body ->> '$.event.command_key';
  SELECT RAISE(ABORT, 'BC101 the document is not as this command found it; load it and decide again')
    WHERE (NEW.revision = 1) IS NOT (NEW.body ->> '$.opens') OR NEW.body ->> '$.event.to_state' IS NOT NEW.body ->> '$.document.state'
       OR CASE WHEN NEW.revision = 1
          THEN NEW.body ->> '$.event.from_state' IS NOT '' OR NEW.body ->> '$.event.previous' IS NOT '' OR EXISTS (
            SELECT 1 FROM document WHERE bu = NEW.bu AND doc = NEW.doc)
          ELSE (NEW.revision - 1, NEW.body ->> '$.event.from_state', NEW.body ->> '$.document.workflow') IS NOT (
              SELECT revision, state, workflow FROM document WHERE bu = NEW.bu AND doc = NEW.doc)
            OR NEW.body ->> '$.event.previous' IS NOT (SELECT hash FROM event WHERE bu = NEW.bu AND doc = NEW.doc AND revision = NEW.revision - 1) END;
  SELECT RAISE(ABORT, 'BC108 units that are held for another document are not taken, nor put; fire a transition of that document') WHERE NEW.body ->> '$.opens' AND NEW.body ->> '$.document.parent' <> ''
    AND NOT EXISTS (SELECT 1 FROM child WHERE bu = NEW.bu AND parent = NEW.body ->> '$.document.parent' AND doc = NEW.doc);
  SELECT RAISE(ABORT, 'BC112 the books of that time are closed; give a later time') FROM closing
    WHERE bu = NEW.bu AND until > NEW.body ->> '$.event.effective_at';
  SELECT RAISE(ABORT, 'BC112 the books are closed through that day already, or it is not over; give another day')
    WHERE NEW.body ->> '$.closes' > NEW.body ->> '$.event.effective_at' OR EXISTS (
      SELECT 1 FROM closing WHERE bu = NEW.bu AND until >= NEW.body ->> '$.closes');
  SELECT RAISE(ABORT, 'BC107 another document holds what this one claims; load the document and decide again')
    FROM jsonb_each(NEW.body, '$.claims') n JOIN claim c ON c.bu = NEW.bu AND c.workflow = NEW.body ->> '$.document.workflow'
      AND c.claim_key = n.value ->> '$.claim_key'
    WHERE json_array_length(NEW.body, '$.claims') AND c.doc <> NEW.doc;
  SELECT RAISE(ABORT, 'BC105 a paper of this document is not open; load the document and decide again') FROM jsonb_each(NEW.body, '$.closed') n
    WHERE json_array_length(NEW.body, '$.closed') AND NOT EXISTS (SELECT 1 FROM paper WHERE bu = NEW.bu AND doc = NEW.doc AND number = n.value AND open = 1);
  SELECT RAISE(ABORT, 'BC109 a lot of that id is there already; receive into a new one') FROM jsonb_each(NEW.body, '$.lots') n JOIN lot l ON l.bu = NEW.bu AND l.lot = n.value ->> '$.lot'
    WHERE json_array_length(NEW.body, '$.lots');
  SELECT RAISE(ABORT, 'BC104 less is owed than this command settles, or it is owed already; load the document and decide again') FROM jsonb_each(NEW.body, '$.owed') n JOIN obligation o ON o.bu = NEW.bu AND o.id = n.value ->> '$.id'
    WHERE json_array_length(NEW.body, '$.owed');

  INSERT INTO commit_first VALUES (NEW.bu, NEW.doc, NEW.revision, NEW.body);
  UPDATE document SET version = NEW.body ->> '$.document.version', state = NEW.body ->> '$.document.state',
    revision = NEW.revision, fields = NEW.body ->> '$.document.fields', entered_at = NEW.body ->> '$.document.entered_at'
    WHERE bu = NEW.bu AND doc = NEW.doc AND revision = NEW.revision - 1;
  INSERT INTO commit_next VALUES (NEW.bu, NEW.doc, NEW.revision, NEW.body);
  INSERT INTO event VALUES (NEW.bu, NEW.doc, NEW.revision, NEW.body ->> '$.event.transition', NEW.body ->> '$.event.from_state', NEW.body ->> '$.event.to_state',
    NEW.body ->> '$.event.actor', NEW.body ->> '$.event.role', NEW.body ->> '$.event.command_key',
    NEW.body ->> '$.event.body_hash', NEW.body ->> '$.event.book_hash', NEW.body ->> '$.event.version', NEW.body ->> '$.event.recorded_at',
    NEW.body ->> '$.event.effective_at', NEW.body ->> '$.event.input', NEW.body ->> '$.event.rules',
    NEW.body ->> '$.event.content', NEW.body ->> '$.event.previous', NEW.body ->> '$.event.hash');
  INSERT INTO commit_last VALUES (NEW.bu, NEW.doc, NEW.revision, NEW.body);
END;

-- First what is taken: numbers, and the timer that has rung, which is one of the document, of its parent or of its children.
CREATE TRIGGER commit_series INSTEAD OF INSERT ON commit_first WHEN json_array_length(NEW.body, '$.series')
BEGIN
  INSERT INTO series SELECT NEW.bu, n.value ->> '$.series', n.value ->> '$.count' FROM jsonb_each(NEW.body, '$.series') n
    WHERE true ON CONFLICT DO UPDATE SET last = last + excluded.last;
END;
CREATE TRIGGER commit_fired INSTEAD OF INSERT ON commit_first WHEN NEW.body -> '$.fired' <> 'null'
BEGIN
  DELETE FROM timer WHERE bu = NEW.bu AND doc = NEW.body ->> '$.fired.doc' AND id = NEW.body ->> '$.fired.id'
    AND (doc IN (NEW.doc, CASE WHEN NEW.revision = 1 THEN NEW.body ->> '$.document.parent' ELSE (SELECT parent FROM document WHERE bu = NEW.bu AND doc = NEW.doc) END)
      OR EXISTS (SELECT 1 FROM child c WHERE c.bu = NEW.bu AND c.parent = NEW.doc AND c.doc = timer.doc));
  SELECT RAISE(ABORT, 'BC110 it is done already; look again at what is due') WHERE changes() = 0;
END;

-- Next the document where it is new or ends (an index of those that are open is not written for the others), and what falls
-- away: with a state its timers, and the claims that are given up in the new one.
CREATE TRIGGER commit_opens INSTEAD OF INSERT ON commit_next WHEN NEW.body ->> '$.opens'
BEGIN
  INSERT INTO document VALUES (NEW.bu, NEW.doc,
    COALESCE((SELECT (NEW.body ->> '$.number.prefix') || printf('%0*d', NEW.body ->> '$.number.width',
      s.last - (NEW.body ->> '$.number.count') + (NEW.body ->> '$.number.ordinal'))
        || (NEW.body ->> '$.number.suffix') FROM series s WHERE s.bu = NEW.bu AND s.series = NEW.body ->> '$.number.series'), ''),
    NEW.body ->> '$.document.workflow', NEW.body ->> '$.document.version', NEW.body ->> '$.document.state', NEW.body ->> '$.document.ended', NEW.revision,
    NEW.body ->> '$.document.fields', NEW.body ->> '$.document.opened_by', NEW.body ->> '$.document.opened_at', NEW.body ->> '$.document.entered_at',
    NEW.body ->> '$.document.parent');
END;
CREATE TRIGGER commit_enters INSTEAD OF INSERT ON commit_next WHEN NEW.body ->> '$.enters'
BEGIN
  DELETE FROM timer WHERE bu = NEW.bu AND doc = NEW.doc AND kind NOT IN ('start', 'arrived');
  DELETE FROM claim WHERE bu = NEW.bu AND doc = NEW.doc
    AND EXISTS (SELECT 1 FROM json_each(claim.until) u WHERE u.value = NEW.body ->> '$.document.state');
END;
CREATE TRIGGER commit_lines_left INSTEAD OF INSERT ON commit_next WHEN NEW.body ->> '$.lines_left' IS NOT NULL
BEGIN
  DELETE FROM document_line WHERE bu = NEW.bu AND doc = NEW.doc AND line NOT IN (SELECT n.value FROM jsonb_each(NEW.body, '$.lines_left') n);
END;
CREATE TRIGGER commit_mentions_left INSTEAD OF INSERT ON commit_next WHEN NEW.body ->> '$.mentions_left' IS NOT NULL
BEGIN
  DELETE FROM mention WHERE bu = NEW.bu AND doc = NEW.doc
    AND (kind, code) NOT IN (SELECT n.value ->> '$.kind', n.value ->> '$.code' FROM jsonb_each(NEW.body, '$.mentions_left') n);
END;
CREATE TRIGGER commit_ends INSTEAD OF INSERT ON commit_next
  WHEN NEW.body ->> '$.document.ended' IS NOT (SELECT ended FROM document WHERE bu = NEW.bu AND doc = NEW.doc)
BEGIN
  UPDATE document SET ended = NEW.body ->> '$.document.ended' WHERE bu = NEW.bu AND doc = NEW.doc;
END;
CREATE TRIGGER commit_closed INSTEAD OF INSERT ON commit_next WHEN json_array_length(NEW.body, '$.closed')
BEGIN
  UPDATE paper SET open = 0 WHERE bu = NEW.bu AND doc = NEW.doc AND open = 1 AND number IN (SELECT n.value FROM jsonb_each(NEW.body, '$.closed') n);
END;

-- Last what is new. No trigger waits for what another of them writes.
CREATE TRIGGER commit_closes INSTEAD OF INSERT ON commit_last WHEN NEW.body ->> '$.closes' IS NOT NULL
BEGIN
  INSERT INTO closing VALUES (NEW.bu, NEW.body ->> '$.closes', NEW.doc, NEW.revision);
END;
CREATE TRIGGER commit_lines INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.lines')
BEGIN
  INSERT INTO document_line
    SELECT NEW.bu, NEW.doc, n.value ->> '$.line', n.value ->> '$.part', n.value ->> '$.vals', n.value ->> '$.inbound_party', n.value ->> '$.inbound_part',
      n.value ->> '$.inbound_pool', n.value ->> '$.inbound_quantity'
    FROM jsonb_each(NEW.body, '$.lines') n WHERE true
    ON CONFLICT DO UPDATE SET part = excluded.part, vals = excluded.vals, inbound_party = excluded.inbound_party, inbound_part = excluded.inbound_part,
      inbound_pool = excluded.inbound_pool, inbound_quantity = excluded.inbound_quantity;
END;
CREATE TRIGGER commit_mentions INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.mentions')
BEGIN
  INSERT INTO mention SELECT NEW.bu, NEW.doc, n.value ->> '$.kind', n.value ->> '$.code' FROM jsonb_each(NEW.body, '$.mentions') n
    WHERE true ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER commit_stock INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.moves') OR json_array_length(NEW.body, '$.lots')
BEGIN
  INSERT INTO lot
    SELECT NEW.bu, n.value ->> '$.lot', n.value ->> '$.part', n.value ->> '$.label', n.value ->> '$.received_at', n.value ->> '$.so', n.value ->> '$.so_item',
      n.value ->> '$.delivery', n.value ->> '$.delivery_item', n.value ->> '$.rate', n.value ->> '$.expires', n.value ->> '$.parent', NEW.doc, NEW.revision
    FROM jsonb_each(NEW.body, '$.lots') n;
  INSERT INTO move
    SELECT NEW.bu, NEW.doc, NEW.revision, n.key + 1, n.value ->> '$.line', n.value ->> '$.part', n.value ->> '$.lot', n.value ->> '$.serial',
      n.value ->> '$.quantity', n.value ->> '$.rate',
      n.value ->> '$.from_party', n.value ->> '$.from_bin', n.value ->> '$.from_doc', n.value ->> '$.from_line', n.value ->> '$.from_condition',
      n.value ->> '$.from_owner', n.value ->> '$.from_pool',
      n.value ->> '$.to_party', n.value ->> '$.to_bin', n.value ->> '$.to_doc', n.value ->> '$.to_line', n.value ->> '$.to_condition',
      n.value ->> '$.to_owner', n.value ->> '$.to_pool',
      NEW.body ->> '$.event.recorded_at', NEW.body ->> '$.event.effective_at'
    FROM jsonb_each(NEW.body, '$.moves') n ORDER BY n.key;
END;
CREATE TRIGGER commit_debts INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.owed') OR json_array_length(NEW.body, '$.changes')
BEGIN
  INSERT INTO obligation
    SELECT NEW.bu, n.value ->> '$.id', NEW.doc, NEW.revision, n.value ->> '$.line', n.value ->> '$.kind', n.value ->> '$.part', n.value ->> '$.quantity',
      n.value ->> '$.open', n.value ->> '$.debtor', n.value ->> '$.creditor', n.value ->> '$.opened_at', n.value ->> '$.due_at', n.value ->> '$.rate'
    FROM jsonb_each(NEW.body, '$.owed') n;
  INSERT INTO obligation_change
    SELECT NEW.bu, NEW.doc, NEW.revision, n.key + 1, n.value ->> '$.id', n.value ->> '$.kind', n.value ->> '$.quantity'
    FROM jsonb_each(NEW.body, '$.changes') n ORDER BY n.key;
END;
CREATE TRIGGER commit_papers INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.papers')
BEGIN
  INSERT INTO paper
    SELECT NEW.bu, NEW.doc, NEW.revision, n.key + 1, n.value ->> '$.kind', n.value ->> '$.series',
      (n.value ->> '$.prefix') || printf('%0*d', n.value ->> '$.width',
        s.last - (n.value ->> '$.count') + (n.value ->> '$.ordinal')) || (n.value ->> '$.suffix'),
      NEW.body ->> '$.event.effective_at', n.value ->> '$.from_party', n.value ->> '$.to_party', n.value ->> '$.reverses', n.value ->> '$.open',
      CASE WHEN n.value ->> '$.ordinal' > 1 THEN NEW.doc || ' ' || NEW.revision
        ELSE COALESCE((SELECT b.doc || ' ' || b.revision FROM paper b WHERE b.bu = NEW.bu AND b.series = s.series
          AND b.number = (n.value ->> '$.prefix') || printf('%0*d', n.value ->> '$.width', s.last - (n.value ->> '$.count')) || (n.value ->> '$.suffix')), '') END
    FROM jsonb_each(NEW.body, '$.papers') n JOIN series s ON s.bu = NEW.bu AND s.series = n.value ->> '$.series';
END;
CREATE TRIGGER commit_timers INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.timers')
BEGIN
  INSERT INTO timer SELECT NEW.bu, NEW.doc, n.value ->> '$.id', n.value ->> '$.due_at', n.value ->> '$.kind', n.value ->> '$.state', n.value ->> '$.body',
    '', n.value ->> '$.held_until' FROM jsonb_each(NEW.body, '$.timers') n;
END;
CREATE TRIGGER commit_claims INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.claims')
BEGIN
  INSERT INTO claim SELECT NEW.bu, NEW.body ->> '$.document.workflow', n.value ->> '$.claim_key', NEW.doc, n.value ->> '$.until'
    FROM jsonb_each(NEW.body, '$.claims') n WHERE true ON CONFLICT DO UPDATE SET until = excluded.until;
END;
CREATE TRIGGER commit_children INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.children')
BEGIN
  INSERT INTO child SELECT NEW.bu, NEW.doc, n.value ->> '$.doc', n.value ->> '$.workflow', '' FROM jsonb_each(NEW.body, '$.children') n;
END;
CREATE TRIGGER commit_outbox INSTEAD OF INSERT ON commit_last WHEN json_array_length(NEW.body, '$.outbox')
BEGIN
  INSERT INTO outbox SELECT NEW.bu, NEW.doc, n.value ->> '$.id', n.value ->> '$.kind', n.value ->> '$.topic', n.value ->> '$.message', n.value ->> '$.payload',
    NEW.body ->> '$.event.recorded_at', 0, '', 0, 0, 0, 0, '' FROM jsonb_each(NEW.body, '$.outbox') n;
END;
