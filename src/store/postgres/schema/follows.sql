-- Each paper names the event that took the number before it. Of papers that were there before, as their numbers stand now:
-- verify before you migrate, and exchanged numbers are not taken for right ones.
ALTER TABLE bincard.paper ADD COLUMN follows TEXT NOT NULL DEFAULT '';
ALTER TABLE bincard.paper DISABLE TRIGGER paper_guard;
UPDATE bincard.paper SET follows = b.follows FROM (
  SELECT bu, doc, revision, ordinal, COALESCE(lag(doc || ' ' || revision) OVER (PARTITION BY bu, series ORDER BY length(number), number COLLATE "C"), '') AS follows
  FROM bincard.paper) b
  WHERE b.bu = paper.bu AND b.doc = paper.doc AND b.revision = paper.revision AND b.ordinal = paper.ordinal;
