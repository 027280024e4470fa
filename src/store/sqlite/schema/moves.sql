-- Balances follow moves, and nothing else: what leaves one position arrives at the other. Nothing is kept of a position that
-- is empty. What comes from outside is missing there.
CREATE TRIGGER move_enters BEFORE INSERT ON move WHEN NEW.from_party = '' AND EXISTS (SELECT 1 FROM gate)
BEGIN
  INSERT INTO stock VALUES (NEW.bu, '', NEW.part, NEW.from_bin, NEW.from_doc, NEW.from_line, NEW.from_condition, NEW.from_owner, NEW.from_pool, NEW.lot,
    NEW.serial, -NEW.quantity)
    ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity;
END;
CREATE TRIGGER move_posts AFTER INSERT ON move
BEGIN
  SELECT RAISE(ABORT, 'bincard: a move moves something; fire a transition') WHERE NEW.quantity <= 0;
  SELECT RAISE(ABORT, 'BC108 units that are held for another document are not taken, nor put; fire a transition of that document') WHERE NEW.to_doc NOT IN ('', NEW.doc)
    OR NEW.from_doc NOT IN ('', NEW.doc) AND NEW.from_doc IS NOT (SELECT parent FROM document WHERE bu = NEW.bu AND doc = NEW.doc);
  UPDATE stock SET quantity = quantity - NEW.quantity
    WHERE bu = NEW.bu AND party = NEW.from_party AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
      AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial
      AND quantity >= NEW.quantity AND NEW.from_party <> '';
  SELECT RAISE(ABORT, 'BC102 there is less than this command takes; load the document and decide again') WHERE changes() = 0 AND NEW.from_party <> '' AND NEW.serial = '';
  SELECT RAISE(ABORT, 'BC103 a serial number is in another place, or in a place already; load the document and decide again')
    WHERE changes() = 0 AND NEW.from_party <> '' OR NEW.serial <> '' AND NEW.to_party <> '' AND (NEW.quantity <> 1000 OR EXISTS (
      SELECT 1 FROM stock WHERE bu = NEW.bu AND serial = NEW.serial AND part = NEW.part AND serial <> '' AND party <> ''));
  INSERT INTO stock VALUES (NEW.bu, NEW.to_party, NEW.part, NEW.to_bin, NEW.to_doc, NEW.to_line, NEW.to_condition, NEW.to_owner, NEW.to_pool, NEW.lot,
    NEW.serial, NEW.quantity)
    ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity;
END;
CREATE TRIGGER stock_empties AFTER UPDATE ON stock WHEN NEW.quantity = 0
BEGIN
  DELETE FROM stock
    WHERE bu = NEW.bu AND party = NEW.party AND part = NEW.part AND bin = NEW.bin AND doc = NEW.doc AND line = NEW.line
      AND condition = NEW.condition AND owner = NEW.owner AND pool = NEW.pool AND lot = NEW.lot AND serial = NEW.serial;
END;

-- What is still owed follows the changes in the same way.
CREATE TRIGGER obligation_change_posts AFTER INSERT ON obligation_change
BEGIN
  UPDATE obligation SET open = open - NEW.quantity WHERE bu = NEW.bu AND id = NEW.id AND open >= NEW.quantity;
  SELECT RAISE(ABORT, 'BC104 less is owed than this command settles, or it is owed already; load the document and decide again') WHERE changes() = 0;
END;
