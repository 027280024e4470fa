-- Master data: the rows of one business unit that are new or have changed, by table, each a list in the order of the columns.
CREATE FUNCTION bincard.put_master(p_bu text, p_body jsonb) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_version text := replace(gen_random_uuid()::text, '-', '');
BEGIN
  INSERT INTO bincard.business_unit (bu, name) SELECT p_bu, n ->> 1 FROM jsonb_array_elements(p_body -> 'business_unit') n
    ON CONFLICT (bu) DO UPDATE SET name = excluded.name;
  UPDATE bincard.business_unit SET version = v_version WHERE bu = p_bu;
  INSERT INTO bincard.party SELECT p_bu, n ->> 1, n ->> 2, n ->> 3, n ->> 4 FROM jsonb_array_elements(p_body -> 'party') n
    ON CONFLICT (bu, party) DO UPDATE SET kind = excluded.kind, parent = excluded.parent, body = excluded.body;
  INSERT INTO bincard.person SELECT p_bu, n ->> 1, n ->> 2 FROM jsonb_array_elements(p_body -> 'person') n
    ON CONFLICT (bu, person) DO UPDATE SET body = excluded.body;
  INSERT INTO bincard.part SELECT p_bu, n ->> 1, n ->> 2, n ->> 3 FROM jsonb_array_elements(p_body -> 'part') n
    ON CONFLICT (bu, part) DO UPDATE SET class = excluded.class, body = excluded.body;
  INSERT INTO bincard.rate SELECT p_bu, n ->> 1, (n ->> 2)::bigint, (n ->> 3)::bigint FROM jsonb_array_elements(p_body -> 'rate') n
    ON CONFLICT (bu, part, from_day) DO UPDATE SET rate = excluded.rate;
  INSERT INTO bincard.contract SELECT p_bu, n ->> 1, n ->> 2, n ->> 3 FROM jsonb_array_elements(p_body -> 'contract') n
    ON CONFLICT (bu, contract) DO UPDATE SET customer = excluded.customer, body = excluded.body;
  INSERT INTO bincard.stock_limit SELECT p_bu, n ->> 1, n ->> 2, n ->> 3, n ->> 4, n ->> 5 FROM jsonb_array_elements(p_body -> 'stock_limit') n
    ON CONFLICT (bu, party, part, class, pool) DO UPDATE SET body = excluded.body;
  INSERT INTO bincard.supersession SELECT p_bu, n ->> 1, n ->> 2, n ->> 3 FROM jsonb_array_elements(p_body -> 'supersession') n
    ON CONFLICT (bu, old, new) DO UPDATE SET body = excluded.body;
  RETURN '';
END $$;

-- Tells the planner how tables have grown, which only their owner may; it changes no answer.
CREATE FUNCTION bincard.has_grown(p_tables jsonb) RETURNS void LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_table text;
BEGIN
  FOR v_table IN SELECT * FROM jsonb_array_elements_text(p_tables) LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) bincard.%I', v_table);
  END LOOP;
END $$;
