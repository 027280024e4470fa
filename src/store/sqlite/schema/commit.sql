-- One transition: the row's body is the whole decision. Checks come first and raise, so that no conflict clause of the
-- statement that inserts the row can soften them; then everything is written; then the row goes.
--
-- BC101 document · BC102 balance · BC103 serial · BC104 obligation · BC105 paper · BC106 repeated key · BC107 claim · BC109 lot
CREATE TRIGGER command_kind BEFORE INSERT ON command
BEGIN
  SELECT RAISE(ABORT, 'bincard: this is not a command; fire a transition') WHERE NEW.kind NOT IN ('commit', 'book', 'timer', 'sent') OR NOT json_valid(NEW.body);
END;

CREATE TRIGGER command_commit AFTER INSERT ON command WHEN NEW.kind = 'commit'
BEGIN
  SELECT RAISE(ABORT, 'BC106 ' || json_object('doc', doc, 'revision', revision, 'body_hash', body_hash))
    FROM event WHERE bu = NEW.bu AND command_key = NEW.body ->> '$.event.command_key';
  SELECT RAISE(ABORT, 'BC101 document')
    WHERE COALESCE((SELECT revision FROM document WHERE bu = NEW.bu AND doc = NEW.doc), 0) <> NEW.revision - 1
       OR (NEW.revision = 1) <> (NEW.body ->> '$.opens')
       OR COALESCE((SELECT hash FROM event WHERE bu = NEW.bu AND doc = NEW.doc AND revision = NEW.revision - 1), '') <> NEW.body ->> '$.event.previous';
  SELECT RAISE(ABORT, 'BC107 ' || json_object('key', c.claim_key, 'holder', c.doc))
    FROM json_each(NEW.body, '$.claims') n JOIN claim c ON c.bu = NEW.bu AND c.workflow = NEW.body ->> '$.document.workflow' AND c.claim_key = n.value ->> '$.claim_key'
    WHERE c.doc <> NEW.doc;
  SELECT RAISE(ABORT, 'BC105 paper') FROM json_each(NEW.body, '$.closed') n
    WHERE NOT EXISTS (SELECT 1 FROM paper WHERE bu = NEW.bu AND doc = NEW.doc AND number = n.value AND open = 1);
  SELECT RAISE(ABORT, 'BC109 lot') FROM json_each(NEW.body, '$.lots') n JOIN lot l ON l.bu = NEW.bu AND l.lot = n.value ->> '$.lot';
  SELECT RAISE(ABORT, 'BC104 obligation') FROM json_each(NEW.body, '$.owed') n JOIN obligation o ON o.bu = NEW.bu AND o.id = n.value ->> '$.id';

  INSERT INTO series SELECT NEW.bu, n.value ->> '$.series', n.value ->> '$.count' FROM json_each(NEW.body, '$.series') n
    WHERE true ON CONFLICT DO UPDATE SET last = last + excluded.last;
  INSERT INTO document
    SELECT NEW.bu, NEW.doc,
      COALESCE((SELECT (n ->> '$.prefix') || printf('%0*d', n ->> '$.width', s.last - (n ->> '$.count') + (n ->> '$.ordinal')) || (n ->> '$.suffix')
        FROM (SELECT NEW.body -> '$.number' AS n) JOIN series s ON s.bu = NEW.bu AND s.series = n ->> '$.series'), ''),
      d ->> '$.workflow', d ->> '$.version', d ->> '$.state', d ->> '$.ended', NEW.revision, d ->> '$.fields', d ->> '$.opened_by', d ->> '$.opened_at', d ->> '$.entered_at', d ->> '$.parent'
    FROM (SELECT NEW.body -> '$.document' AS d) WHERE NEW.body ->> '$.opens';
  UPDATE document SET version = d ->> '$.version', state = d ->> '$.state', ended = d ->> '$.ended', revision = NEW.revision, fields = d ->> '$.fields', entered_at = d ->> '$.entered_at'
    FROM (SELECT NEW.body -> '$.document' AS d) WHERE bu = NEW.bu AND doc = NEW.doc AND revision = NEW.revision - 1;
  INSERT INTO event
    SELECT NEW.bu, NEW.doc, NEW.revision, e ->> '$.transition', e ->> '$.from_state', e ->> '$.to_state', e ->> '$.actor', e ->> '$.role', e ->> '$.command_key',
      e ->> '$.body_hash', e ->> '$.book_hash', e ->> '$.version', e ->> '$.recorded_at', e ->> '$.effective_at', e ->> '$.input', e ->> '$.rules',
      e ->> '$.content', e ->> '$.previous', e ->> '$.hash'
    FROM (SELECT NEW.body -> '$.event' AS e);

  DELETE FROM document_line WHERE bu = NEW.bu AND doc = NEW.doc AND line NOT IN (SELECT n.value ->> '$.line' FROM json_each(NEW.body, '$.lines') n);
  INSERT INTO document_line
    SELECT NEW.bu, NEW.doc, v ->> '$.line', v ->> '$.part', v ->> '$.vals', v ->> '$.inbound_party', v ->> '$.inbound_part', v ->> '$.inbound_pool', v ->> '$.inbound_quantity'
    FROM (SELECT n.value AS v FROM json_each(NEW.body, '$.lines') n) WHERE true
    ON CONFLICT DO UPDATE SET part = excluded.part, vals = excluded.vals, inbound_party = excluded.inbound_party, inbound_part = excluded.inbound_part,
      inbound_pool = excluded.inbound_pool, inbound_quantity = excluded.inbound_quantity
    WHERE (part, vals, inbound_party, inbound_part, inbound_pool, inbound_quantity)
      IS NOT (excluded.part, excluded.vals, excluded.inbound_party, excluded.inbound_part, excluded.inbound_pool, excluded.inbound_quantity);
  DELETE FROM mention WHERE bu = NEW.bu AND doc = NEW.doc
    AND NOT EXISTS (SELECT 1 FROM json_each(NEW.body, '$.mentions') n WHERE n.value ->> '$.kind' = mention.kind AND n.value ->> '$.code' = mention.code);
  INSERT INTO mention SELECT NEW.bu, NEW.doc, n.value ->> '$.kind', n.value ->> '$.code' FROM json_each(NEW.body, '$.mentions') n
    WHERE true ON CONFLICT DO NOTHING;

  INSERT INTO lot
    SELECT NEW.bu, v ->> '$.lot', v ->> '$.part', v ->> '$.label', v ->> '$.received_at', v ->> '$.so', v ->> '$.so_item', v ->> '$.delivery', v ->> '$.delivery_item',
      v ->> '$.rate', v ->> '$.expires', v ->> '$.parent', NEW.doc, NEW.revision
    FROM (SELECT n.value AS v FROM json_each(NEW.body, '$.lots') n);
  INSERT INTO move
    SELECT NEW.bu, NEW.doc, NEW.revision, i, v ->> '$.line', v ->> '$.part', v ->> '$.lot', v ->> '$.serial', v ->> '$.quantity', v ->> '$.rate',
      v ->> '$.from_party', v ->> '$.from_bin', v ->> '$.from_doc', v ->> '$.from_line', v ->> '$.from_condition', v ->> '$.from_owner', v ->> '$.from_pool',
      v ->> '$.to_party', v ->> '$.to_bin', v ->> '$.to_doc', v ->> '$.to_line', v ->> '$.to_condition', v ->> '$.to_owner', v ->> '$.to_pool',
      NEW.body ->> '$.event.recorded_at', NEW.body ->> '$.event.effective_at'
    FROM (SELECT n.key + 1 AS i, n.value AS v FROM json_each(NEW.body, '$.moves') n) ORDER BY i;

  INSERT INTO obligation
    SELECT NEW.bu, v ->> '$.id', NEW.doc, NEW.revision, v ->> '$.line', v ->> '$.kind', v ->> '$.part', v ->> '$.quantity', v ->> '$.open',
      v ->> '$.debtor', v ->> '$.creditor', v ->> '$.opened_at', v ->> '$.due_at', v ->> '$.rate'
    FROM (SELECT n.value AS v FROM json_each(NEW.body, '$.owed') n);
  INSERT INTO obligation_change
    SELECT NEW.bu, NEW.doc, NEW.revision, n.key + 1, n.value ->> '$.id', n.value ->> '$.kind', n.value ->> '$.quantity' FROM json_each(NEW.body, '$.changes') n ORDER BY n.key;
  UPDATE paper SET open = 0 WHERE bu = NEW.bu AND doc = NEW.doc AND open = 1 AND number IN (SELECT n.value FROM json_each(NEW.body, '$.closed') n);
  INSERT INTO paper
    SELECT NEW.bu, NEW.doc, NEW.revision, i, v ->> '$.kind', v ->> '$.series',
      (v ->> '$.prefix') || printf('%0*d', v ->> '$.width', s.last - (v ->> '$.count') + (v ->> '$.ordinal')) || (v ->> '$.suffix'),
      NEW.body ->> '$.event.effective_at', v ->> '$.from_party', v ->> '$.to_party', v ->> '$.reverses', v ->> '$.open'
    FROM (SELECT n.key + 1 AS i, n.value AS v FROM json_each(NEW.body, '$.papers') n) JOIN series s ON s.bu = NEW.bu AND s.series = v ->> '$.series';

  DELETE FROM timer WHERE bu = NEW.bu AND doc = NEW.doc AND kind <> 'start' AND NEW.body ->> '$.enters';
  DELETE FROM timer WHERE bu = NEW.bu AND doc = NEW.body ->> '$.fired.doc' AND id = NEW.body ->> '$.fired.id';
  INSERT INTO timer SELECT NEW.bu, NEW.doc, n.value ->> '$.id', n.value ->> '$.due_at', n.value ->> '$.kind', n.value ->> '$.state', n.value ->> '$.body'
    FROM json_each(NEW.body, '$.timers') n;
  DELETE FROM claim WHERE bu = NEW.bu AND doc = NEW.doc AND NEW.body ->> '$.enters'
    AND EXISTS (SELECT 1 FROM json_each(claim.until) u WHERE u.value = NEW.body ->> '$.document.state');
  INSERT INTO claim SELECT NEW.bu, NEW.body ->> '$.document.workflow', n.value ->> '$.claim_key', NEW.doc, n.value ->> '$.until' FROM json_each(NEW.body, '$.claims') n
    WHERE true ON CONFLICT DO UPDATE SET until = excluded.until;
  INSERT INTO child SELECT NEW.bu, NEW.doc, n.value ->> '$.doc', n.value ->> '$.workflow', '' FROM json_each(NEW.body, '$.children') n;
  INSERT INTO outbox SELECT NEW.bu, NEW.doc, n.value ->> '$.id', n.value ->> '$.kind', n.value ->> '$.topic', n.value ->> '$.message', n.value ->> '$.payload',
    NEW.body ->> '$.event.recorded_at', 0 FROM json_each(NEW.body, '$.outbox') n;

  DELETE FROM command;
END;
