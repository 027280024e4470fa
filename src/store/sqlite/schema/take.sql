-- Timers and messages are taken before anybody works on them, so that many processes do not tread on each other's feet: a
-- few at a time, the earliest first, and of a document only while nobody else holds another of its own, so that they keep
-- their order. What is not done by the time until which it is held is free again. Taking decides nothing: a timer goes with
-- the commit that acts on it, a message when it is marked as sent. Called again with the same `holder`, it gives the same ones.
-- Written out twice: what differs between timers and messages stands in `take.rs`.
CREATE TRIGGER task_{task} INSTEAD OF INSERT ON task WHEN NEW.kind = '{task}'
BEGIN
  UPDATE {table} SET held_by = NEW.body ->> '$.holder', held_until = NEW.body ->> '$.until' WHERE (bu, doc, id) IN (
    SELECT t.bu, t.doc, t.id FROM {table} t WHERE t.bu = NEW.bu AND {waits}
      AND NOT EXISTS (SELECT 1 FROM {table} h WHERE h.bu = NEW.bu AND h.doc = t.doc AND {bars})
    ORDER BY t.{since}, t.doc, t.id LIMIT NEW.body ->> '$.limit');
END;

