-- Timers and messages are taken before anybody works on them, so that many processes do not tread on each other's feet: a
-- few at a time, the earliest first, and of a document only while nobody else holds another of its own, so that they keep
-- their order. What is not done by the time until which it is held is free again. Taking decides nothing: a timer goes with
-- the commit that acts on it, a message when it is marked as sent. Called again with the same `holder`, it gives the same ones.
CREATE TRIGGER task_take_timers INSTEAD OF INSERT ON task WHEN NEW.kind = 'take_timers'
BEGIN
  UPDATE timer SET held_by = NEW.body ->> '$.holder', held_until = NEW.body ->> '$.until' WHERE (bu, doc, id) IN (
    SELECT t.bu, t.doc, t.id FROM timer t WHERE t.bu = NEW.bu AND t.due_at <= NEW.body ->> '$.now'
      AND NOT EXISTS (SELECT 1 FROM timer h WHERE h.bu = NEW.bu AND h.doc = t.doc AND h.held_until > NEW.body ->> '$.now'
        AND h.held_by <> NEW.body ->> '$.holder')
    ORDER BY t.due_at, t.doc, t.id LIMIT NEW.body ->> '$.limit');
END;

CREATE TRIGGER task_take_outbox INSTEAD OF INSERT ON task WHEN NEW.kind = 'take_outbox'
BEGIN
  UPDATE outbox SET held_by = NEW.body ->> '$.holder', held_until = NEW.body ->> '$.until' WHERE (bu, doc, id) IN (
    SELECT o.bu, o.doc, o.id FROM outbox o WHERE o.bu = NEW.bu AND o.sent_at = 0
      AND NOT EXISTS (SELECT 1 FROM outbox h WHERE h.bu = NEW.bu AND h.doc = o.doc AND h.sent_at = 0 AND h.held_until > NEW.body ->> '$.now'
        AND h.held_by <> NEW.body ->> '$.holder')
    ORDER BY o.recorded_at, o.doc, o.id LIMIT NEW.body ->> '$.limit');
END;
