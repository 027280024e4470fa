-- A ledger a multiple as large, in a minute instead of an hour: every document that was filled in comes again under other
-- ids, with its events, lots, moves and stock. The guards are off for that long, so the copies have hashes that are not theirs.
SET session_replication_role = replica;
SET synchronous_commit = off;
DO $$
DECLARE
  t text;
  k int;
BEGIN
  FOREACH t IN ARRAY ARRAY['document', 'document_line', 'mention', 'event', 'lot', 'move', 'stock'] LOOP
    EXECUTE format('ALTER TABLE {schema}.%I DISABLE TRIGGER USER', t);
  END LOOP;
  FOR k IN 1 .. {times} LOOP
    INSERT INTO {schema}.document SELECT (jsonb_populate_record(d, jsonb_build_object('doc', d.doc || '#' || k))).* FROM {schema}.document d
      WHERE d.doc LIKE 'F%' AND d.doc NOT LIKE '%#%';
    INSERT INTO {schema}.mention SELECT bu, doc || '#' || k, kind, code FROM {schema}.mention WHERE doc LIKE 'F%' AND doc NOT LIKE '%#%';
    INSERT INTO {schema}.event SELECT (jsonb_populate_record(e, jsonb_build_object('doc', e.doc || '#' || k, 'command_key', e.command_key || '#' || k))).*
      FROM {schema}.event e WHERE e.doc LIKE 'F%' AND e.doc NOT LIKE '%#%';
    INSERT INTO {schema}.document_line SELECT (jsonb_populate_record(l, jsonb_build_object('doc', l.doc || '#' || k))).* FROM {schema}.document_line l
      WHERE l.doc LIKE 'F%' AND l.doc NOT LIKE '%#%';
    INSERT INTO {schema}.lot SELECT (jsonb_populate_record(l, jsonb_build_object('doc', l.doc || '#' || k, 'lot', l.lot || '#' || k))).* FROM {schema}.lot l
      WHERE l.doc LIKE 'F%' AND l.doc NOT LIKE '%#%';
    INSERT INTO {schema}.move SELECT bu, doc || '#' || k, revision, ordinal, line, part, lot || '#' || k, serial || CASE WHEN serial <> '' THEN '#' || k ELSE '' END,
        quantity, rate, from_party, from_bin, from_doc, from_line, from_condition, from_owner, from_pool,
        to_party, to_bin, to_doc, to_line, to_condition, to_owner, to_pool, recorded_at, effective_at
      FROM {schema}.move WHERE doc LIKE 'F%' AND doc NOT LIKE '%#%';
    INSERT INTO {schema}.stock SELECT bu, party, part, bin, doc, line, condition, owner, pool, lot || '#' || k, serial || CASE WHEN serial <> '' THEN '#' || k ELSE '' END,
        quantity FROM {schema}.stock WHERE lot LIKE 'F%' AND lot NOT LIKE '%#%';
  END LOOP;
  FOREACH t IN ARRAY ARRAY['document', 'document_line', 'mention', 'event', 'lot', 'move', 'stock'] LOOP
    EXECUTE format('ALTER TABLE {schema}.%I ENABLE ALWAYS TRIGGER %I', t, t || '_guard');
  END LOOP;
  ALTER TABLE {schema}.move ENABLE ALWAYS TRIGGER move_posts;
END $$;
