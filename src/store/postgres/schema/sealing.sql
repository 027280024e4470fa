-- Seals: `put_leaves` writes what a seal covers, a page at a time; `put_seal` closes it. Neither is for the service's role:
-- who seals is not who commits.
--
-- BC111 seal: another one was made meanwhile
CREATE FUNCTION bincard.put_leaves(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (p_body ->> 'number')::bigint <> (SELECT coalesce(max(s.number), 0) + 1 FROM bincard.seal s WHERE s.bu = p_bu) THEN
    RAISE EXCEPTION USING ERRCODE = 'BC111', MESSAGE = 'seal';
  END IF;
  INSERT INTO bincard.sealed SELECT p_bu, (p_body ->> 'number')::bigint, n.* FROM jsonb_to_recordset(p_body -> 'leaves')
    AS n(ordinal bigint, doc text, revision bigint, hash text);
  RETURN '';
END $$;

CREATE FUNCTION bincard.put_seal(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b_number bigint := (p_body ->> 'number')::bigint;
BEGIN
  IF b_number <> (SELECT coalesce(max(s.number), 0) + 1 FROM bincard.seal s WHERE s.bu = p_bu)
     OR p_body ->> 'previous' <> coalesce((SELECT s.mac FROM bincard.seal s WHERE s.bu = p_bu AND s.number = b_number - 1), '')
     OR (p_body ->> 'leaves')::bigint <> (SELECT count(*) FROM bincard.sealed l WHERE l.bu = p_bu AND l.number = b_number) THEN
    RAISE EXCEPTION USING ERRCODE = 'BC111', MESSAGE = 'seal';
  END IF;
  INSERT INTO bincard.seal VALUES (p_bu, b_number, (p_body ->> 'leaves')::bigint, (p_body ->> 'events')::bigint, p_body ->> 'root', p_body ->> 'previous',
    p_body ->> 'mac', p_body ->> 'key_id', (p_body ->> 'sealed_at')::bigint);
  RETURN '';
END $$;
