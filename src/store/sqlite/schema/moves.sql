-- Balances follow moves, and nothing else: what leaves one position arrives at the other.
CREATE TRIGGER move_posts AFTER INSERT ON move
BEGIN
  SELECT RAISE(ABORT, 'bincard: a move moves something; fire a transition') WHERE NEW.quantity <= 0;
  SELECT RAISE(ABORT, 'BC108 units that are held for another document are not taken, nor put; fire a transition of that document') WHERE NEW.to_doc NOT IN ('', NEW.doc)
    OR NEW.from_doc NOT IN ('', NEW.doc) AND NEW.from_doc IS NOT (SELECT parent FROM document WHERE bu = NEW.bu AND doc = NEW.doc);
  SELECT RAISE(ABORT, 'BC102 there is less than this command takes; load the document and decide again') WHERE NEW.from_party <> '' AND NEW.serial = '' AND NOT EXISTS (
    SELECT 1 FROM stock WHERE bu = NEW.bu AND party = NEW.from_party AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
      AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial
        AND quantity >= NEW.quantity);
  SELECT RAISE(ABORT, 'BC103 a serial number is in another place, or in a place already; load the document and decide again') WHERE NEW.from_party <> '' AND NEW.serial <> '' AND NOT EXISTS (
    SELECT 1 FROM stock WHERE bu = NEW.bu AND party = NEW.from_party AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
      AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial
        AND quantity >= NEW.quantity);
  INSERT INTO stock SELECT NEW.bu, '', NEW.part, NEW.from_bin, NEW.from_doc, NEW.from_line, NEW.from_condition, NEW.from_owner, NEW.from_pool, NEW.lot,
    NEW.serial, 0
    WHERE NEW.from_party = '' ON CONFLICT DO NOTHING;
  UPDATE stock SET quantity = quantity - NEW.quantity
    WHERE bu = NEW.bu AND party = NEW.from_party AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
      AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial;
  DELETE FROM stock WHERE quantity = 0
    AND bu = NEW.bu AND party = NEW.from_party AND part = NEW.part AND bin = NEW.from_bin AND doc = NEW.from_doc AND line = NEW.from_line
    AND condition = NEW.from_condition AND owner = NEW.from_owner AND pool = NEW.from_pool AND lot = NEW.lot AND serial = NEW.serial;
  SELECT RAISE(ABORT, 'BC103 a serial number is in another place, or in a place already; load the document and decide again') WHERE NEW.serial <> '' AND NEW.to_party <> '' AND (NEW.quantity <> 1000 OR EXISTS (
    SELECT 1 FROM stock WHERE bu = NEW.bu AND serial = NEW.serial AND part = NEW.part AND serial <> '' AND party <> ''));
  INSERT INTO stock VALUES (NEW.bu, NEW.to_party, NEW.part, NEW.to_bin, NEW.to_doc, NEW.to_line, NEW.to_condition, NEW.to_owner, NEW.to_pool, NEW.lot,
    NEW.serial, NEW.quantity)
    ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity;
  DELETE FROM stock WHERE quantity = 0 AND NEW.to_party = ''
    AND bu = NEW.bu AND party = '' AND part = NEW.part AND bin = NEW.to_bin AND doc = NEW.to_doc AND line = NEW.to_line
    AND condition = NEW.to_condition AND owner = NEW.to_owner AND pool = NEW.to_pool AND lot = NEW.lot AND serial = NEW.serial;
END;

-- What is still owed follows the changes in the same way.
CREATE TRIGGER obligation_change_posts AFTER INSERT ON obligation_change
BEGIN
  SELECT RAISE(ABORT, 'BC104 less is owed than this command settles, or it is owed already; load the document and decide again') WHERE NOT EXISTS (SELECT 1 FROM obligation WHERE bu = NEW.bu AND id = NEW.id AND open >= NEW.quantity);
  UPDATE obligation SET open = open - NEW.quantity WHERE bu = NEW.bu AND id = NEW.id;
END;
