-- Balances follow moves, and nothing else: what leaves one position arrives at the other.
CREATE FUNCTION bincard.move_posts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_left bigint;
BEGIN
  IF NEW.to_doc NOT IN ('', NEW.doc) OR (NEW.from_doc NOT IN ('', NEW.doc) AND NOT EXISTS (
      SELECT FROM bincard.document d WHERE d.bu = NEW.bu AND d.doc = NEW.doc AND d.parent = NEW.from_doc)) THEN
    RAISE EXCEPTION USING ERRCODE = 'BC108', MESSAGE = 'units that are held for another document are not taken, nor put; fire a transition of that document';
  END IF;
  IF NEW.from_party = '' THEN
    INSERT INTO bincard.stock AS s VALUES (NEW.bu, '', NEW.part, NEW.from_bin, NEW.from_doc, NEW.from_line, NEW.from_condition, NEW.from_owner, NEW.from_pool,
      NEW.lot, NEW.serial, -NEW.quantity)
      ON CONFLICT (bu, party, part, bin, doc, line, condition, owner, pool, lot, serial) DO UPDATE SET quantity = s.quantity + excluded.quantity
      RETURNING quantity INTO v_left;
    IF v_left = 0 THEN
      DELETE FROM bincard.stock WHERE quantity = 0
        AND bu = NEW.bu AND party = '' AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
        AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial;
    END IF;
  ELSE
    -- Mostly all of it goes.
    DELETE FROM bincard.stock WHERE quantity = NEW.quantity
      AND bu = NEW.bu AND party = NEW.from_party AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
      AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial;
    IF NOT FOUND THEN
      UPDATE bincard.stock SET quantity = quantity - NEW.quantity WHERE quantity > NEW.quantity
        AND bu = NEW.bu AND party = NEW.from_party AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
        AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial;
      IF NOT FOUND AND NEW.serial = '' THEN RAISE EXCEPTION USING ERRCODE = 'BC102', MESSAGE = 'there is less than this command takes; load the document and decide again'; END IF;
      IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC103', MESSAGE = 'a serial number is in another place, or in a place already; load the document and decide again'; END IF;
    END IF;
  END IF;
  IF NEW.serial <> '' AND NEW.to_party <> '' AND (NEW.quantity <> 1000 OR EXISTS (
      SELECT 1 FROM bincard.stock WHERE bu = NEW.bu AND serial = NEW.serial AND part = NEW.part AND serial <> '' AND party <> '')) THEN
    RAISE EXCEPTION USING ERRCODE = 'BC103', MESSAGE = 'a serial number is in another place, or in a place already; load the document and decide again';
  END IF;
  INSERT INTO bincard.stock AS s VALUES (NEW.bu, NEW.to_party, NEW.part, NEW.to_bin, NEW.to_doc, NEW.to_line, NEW.to_condition, NEW.to_owner, NEW.to_pool,
    NEW.lot, NEW.serial, NEW.quantity)
    ON CONFLICT (bu, party, part, bin, doc, line, condition, owner, pool, lot, serial) DO UPDATE SET quantity = s.quantity + excluded.quantity
    RETURNING quantity INTO v_left;
  IF v_left = 0 THEN
    DELETE FROM bincard.stock WHERE quantity = 0
      AND bu = NEW.bu AND party = NEW.to_party AND part = NEW.part AND bin = NEW.to_bin AND doc = NEW.to_doc AND line = NEW.to_line
      AND condition = NEW.to_condition AND owner = NEW.to_owner AND pool = NEW.to_pool AND lot = NEW.lot AND serial = NEW.serial;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER move_posts AFTER INSERT ON bincard.move FOR EACH ROW EXECUTE FUNCTION bincard.move_posts();
ALTER TABLE bincard.move ENABLE ALWAYS TRIGGER move_posts;

-- What is still owed follows the changes in the same way.
CREATE FUNCTION bincard.obligation_change_posts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE bincard.obligation SET open = open - NEW.quantity WHERE bu = NEW.bu AND id = NEW.id AND open >= NEW.quantity;
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'BC104', MESSAGE = 'less is owed than this command settles, or it is owed already; load the document and decide again'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER obligation_change_posts AFTER INSERT ON bincard.obligation_change FOR EACH ROW EXECUTE FUNCTION bincard.obligation_change_posts();
ALTER TABLE bincard.obligation_change ENABLE ALWAYS TRIGGER obligation_change_posts;
