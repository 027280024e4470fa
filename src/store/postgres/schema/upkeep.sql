-- Books, timers and the outbox: the small procedures beside a commit.
CREATE FUNCTION bincard.put_book(p_hash text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO bincard.book VALUES (p_hash, p_body ->> 'name', p_body ->> 'files') ON CONFLICT DO NOTHING;
  INSERT INTO bincard.deployment SELECT d.number, p_hash, d.by, d.at
    FROM jsonb_to_recordset(COALESCE(p_body -> 'deployed', '[]')) AS d(number bigint, by text, at bigint)
    WHERE NOT EXISTS (SELECT 1 FROM bincard.deployment o WHERE o.number = d.number AND o.hash = p_hash);
  RETURN '';
END $$;

-- A timer has done its work (its messages go out), was refused (for a document to be started, that is recorded), or tries again.
CREATE FUNCTION bincard.finish_timer(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_doc text := p_body ->> 'doc';
BEGIN
  IF p_body -> 'again' <> 'null' THEN
    UPDATE bincard.timer SET due_at = (p_body ->> 'again')::bigint, held_by = '', held_until = 0 WHERE bu = p_bu AND doc = b_doc AND id = p_body ->> 'id';
  ELSE
    DELETE FROM bincard.timer WHERE bu = p_bu AND doc = b_doc AND id = p_body ->> 'id';
  END IF;
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC110', MESSAGE = 'it is done already; look again at what is due'; END IF;
  IF p_body ->> 'refused' <> '' THEN
    UPDATE bincard.child SET refused = p_body ->> 'refused' WHERE bu = p_bu AND parent = b_doc AND doc = p_body ->> 'child';
  END IF;
  INSERT INTO bincard.outbox SELECT p_bu, b_doc, n.*, (p_body ->> 'now')::bigint, 0
    FROM jsonb_to_recordset(p_body -> 'outbox') AS n(id text, kind text, topic text, message text, payload text);
  RETURN '';
END $$;

CREATE FUNCTION bincard.mark_sent(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE bincard.outbox SET sent_at = (p_body ->> 'now')::bigint WHERE bu = p_bu AND doc = p_body ->> 'doc' AND id = p_body ->> 'id' AND sent_at = 0;
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC110', MESSAGE = 'it is done already; look again at what is due'; END IF;
  RETURN '';
END $$;

-- A message could not be sent: it waits, or is given up. Or it is to be tried again from the beginning.
CREATE FUNCTION bincard.put_off(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE bincard.outbox SET tries = (p_body ->> 'tries')::bigint, next_at = (p_body ->> 'next_at')::bigint, given_up_at = (p_body ->> 'given_up_at')::bigint,
      fault = p_body ->> 'fault', held_by = '', held_until = 0
    WHERE bu = p_bu AND doc = p_body ->> 'doc' AND id = p_body ->> 'id' AND sent_at = 0;
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC110', MESSAGE = 'it is done already; look again at what is due'; END IF;
  RETURN '';
END $$;
