-- Balances follow moves, and nothing else: what leaves one position arrives at the other. The moves of a statement are posted
-- together: a position changes once, by all that leaves it and arrives at it. What is refused is what would be refused if
-- they were posted one after the other.
CREATE FUNCTION bincard.move_posts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bu text;
  -- By how much each position changes, in an order that is the same for all, so that none waits for one that waits for it.
  v_changes bincard.stock[];
  v_taken bigint;
  v_found bigint;
  v_rest bigint;
  v_astray boolean;
  v_both_ways boolean;
  v_units boolean;
  v_outside boolean;
  v_lacking text;
BEGIN
  SELECT min(c.bu), array_agg(ROW(c.bu, c.party, c.part, c.bin, c.doc, c.line, c.condition, c.owner, c.pool, c.lot, c.serial, c.quantity)::bincard.stock),
      count(*) FILTER (WHERE c.quantity < 0 AND c.party <> ''), bool_or(c.astray), bool_or(c.both_ways AND c.party <> ''), bool_or(c.serial <> ''), bool_or(c.party = '')
    INTO v_bu, v_changes, v_taken, v_astray, v_both_ways, v_units, v_outside
    FROM (SELECT s.bu, s.party, s.part, s.bin, s.doc, s.line, s.condition, s.owner, s.pool, s.lot, s.serial, sum(s.quantity)::bigint AS quantity,
          bool_or(s.quantity < 0) AND bool_or(s.quantity > 0) AS both_ways,
          bool_or(s.doc NOT IN ('', s.mover) AND (s.quantity > 0 OR s.doc IS DISTINCT FROM (
            SELECT d.parent FROM bincard.document d WHERE d.bu = s.bu AND d.doc = s.mover))) AS astray
        FROM (SELECT bu, from_party AS party, part, from_bin AS bin, from_doc AS doc, from_line AS line, from_condition AS condition, from_owner AS owner,
              from_pool AS pool, lot, serial, -quantity AS quantity, doc AS mover FROM posted
            UNION ALL SELECT bu, to_party, part, to_bin, to_doc, to_line, to_condition, to_owner, to_pool, lot, serial, quantity, doc FROM posted) s
        GROUP BY s.bu, s.part, s.lot, s.serial, s.party, s.doc, s.line, s.bin, s.condition, s.owner, s.pool
        ORDER BY s.bu, s.part, s.lot, s.serial, s.party, s.doc, s.line, s.bin, s.condition, s.owner, s.pool) c;
  IF v_astray THEN
    RAISE EXCEPTION USING ERRCODE = 'BC108', MESSAGE = 'units that are held for another document are not taken, nor put; fire a transition of that document';
  END IF;
  IF v_units OR v_both_ways THEN
    -- Nothing is taken that arrives only later.
    SELECT c.serial INTO v_lacking FROM (SELECT s.*, sum(s.quantity) OVER (PARTITION BY s.party, s.part, s.bin, s.doc, s.line, s.condition, s.owner, s.pool,
          s.lot, s.serial ORDER BY s.n) AS change
        FROM (SELECT 2 * row_number() OVER () AS n, from_party AS party, part, from_bin AS bin, from_doc AS doc, from_line AS line, from_condition AS condition,
              from_owner AS owner, from_pool AS pool, lot, serial, -quantity AS quantity FROM posted
            UNION ALL SELECT 2 * row_number() OVER () + 1, to_party, part, to_bin, to_doc, to_line, to_condition, to_owner, to_pool, lot, serial, quantity
            FROM posted) s WHERE s.party <> '') c
      WHERE c.change < 0 AND c.change + coalesce((SELECT s.quantity FROM bincard.stock s WHERE s.bu = v_bu
        AND (s.party, s.part, s.bin, s.doc, s.line, s.condition, s.owner, s.pool, s.lot, s.serial)
          = (c.party, c.part, c.bin, c.doc, c.line, c.condition, c.owner, c.pool, c.lot, c.serial)), 0) < 0
      ORDER BY c.n LIMIT 1;
    IF v_lacking = '' THEN RAISE EXCEPTION USING ERRCODE = 'BC102', MESSAGE = 'there is less than this command takes; load the document and decide again'; END IF;
    -- A unit is never in two places, nor between two moves.
    PERFORM FROM (SELECT m.*, sum(CASE WHEN m.to_party <> '' THEN m.quantity ELSE 0 END - CASE WHEN m.from_party <> '' THEN m.quantity ELSE 0 END)
          OVER (PARTITION BY m.part, m.serial ORDER BY m.n) AS more
        FROM (SELECT row_number() OVER () AS n, p.* FROM posted p WHERE p.serial <> '') m) m
      WHERE m.to_party <> '' AND (m.quantity <> 1000 OR m.more + coalesce((SELECT sum(s.quantity) FROM bincard.stock s
        WHERE s.bu = v_bu AND s.serial = m.serial AND s.part = m.part AND s.serial <> '' AND s.party <> ''), 0) > 1000);
    IF FOUND OR v_lacking <> '' THEN
      RAISE EXCEPTION USING ERRCODE = 'BC103', MESSAGE = 'a serial number is in another place, or in a place already; load the document and decide again';
    END IF;
  END IF;

  -- Mostly all of it goes.
  DELETE FROM bincard.stock s USING unnest(v_changes) c WHERE c.quantity < 0 AND c.party <> '' AND s.bu = v_bu AND s.quantity = -c.quantity
    AND (s.party, s.part, s.bin, s.doc, s.line, s.condition, s.owner, s.pool, s.lot, s.serial)
      = (c.party, c.part, c.bin, c.doc, c.line, c.condition, c.owner, c.pool, c.lot, c.serial);
  GET DIAGNOSTICS v_found = ROW_COUNT;
  IF v_found < v_taken THEN
    UPDATE bincard.stock s SET quantity = s.quantity + c.quantity FROM unnest(v_changes) c WHERE c.quantity < 0 AND c.party <> '' AND s.bu = v_bu
      AND s.quantity > -c.quantity AND (s.party, s.part, s.bin, s.doc, s.line, s.condition, s.owner, s.pool, s.lot, s.serial)
        = (c.party, c.part, c.bin, c.doc, c.line, c.condition, c.owner, c.pool, c.lot, c.serial);
    GET DIAGNOSTICS v_rest = ROW_COUNT;
    IF v_found + v_rest < v_taken THEN
      RAISE EXCEPTION USING ERRCODE = 'BC102', MESSAGE = 'there is less than this command takes; load the document and decide again';
    END IF;
  END IF;
  INSERT INTO bincard.stock AS s SELECT c.* FROM unnest(v_changes) c WHERE c.quantity > 0 OR (c.quantity < 0 AND c.party = '')
    ON CONFLICT (bu, party, part, bin, doc, line, condition, owner, pool, lot, serial) DO UPDATE SET quantity = s.quantity + excluded.quantity;
  IF v_outside THEN
    DELETE FROM bincard.stock s USING unnest(v_changes) c WHERE c.party = '' AND s.bu = v_bu AND s.party = '' AND s.quantity = 0
      AND (s.part, s.bin, s.doc, s.line, s.condition, s.owner, s.pool, s.lot, s.serial) = (c.part, c.bin, c.doc, c.line, c.condition, c.owner, c.pool, c.lot, c.serial);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER move_posts AFTER INSERT ON bincard.move REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION bincard.move_posts();
ALTER TABLE bincard.move ENABLE ALWAYS TRIGGER move_posts;

-- What is still owed follows the changes in the same way.
CREATE FUNCTION bincard.obligation_change_posts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bu text;
  v_ids text[];
  v_quantities bigint[];
  v_written bigint;
BEGIN
  SELECT min(c.bu), array_agg(c.id ORDER BY c.id COLLATE "C"), array_agg(c.quantity ORDER BY c.id COLLATE "C") INTO v_bu, v_ids, v_quantities
    FROM (SELECT bu, id, sum(quantity)::bigint AS quantity FROM posted GROUP BY bu, id) c;
  UPDATE bincard.obligation o SET open = o.open - c.quantity FROM unnest(v_ids, v_quantities) AS c(id, quantity)
    WHERE o.bu = v_bu AND o.id = ANY (v_ids) AND o.id = c.id AND o.open >= c.quantity;
  GET DIAGNOSTICS v_written = ROW_COUNT;
  IF v_written < cardinality(v_ids) THEN RAISE EXCEPTION USING ERRCODE = 'BC104', MESSAGE = 'less is owed than this command settles, or it is owed already; load the document and decide again'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER obligation_change_posts AFTER INSERT ON bincard.obligation_change REFERENCING NEW TABLE AS posted
  FOR EACH STATEMENT EXECUTE FUNCTION bincard.obligation_change_posts();
ALTER TABLE bincard.obligation_change ENABLE ALWAYS TRIGGER obligation_change_posts;
