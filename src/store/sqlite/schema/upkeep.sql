-- Books, timers and the outbox: the small commands beside a commit.
CREATE TRIGGER task_book INSTEAD OF INSERT ON task WHEN NEW.kind = 'book'
BEGIN
  INSERT INTO book SELECT NEW.doc, NEW.body ->> '$.name', NEW.body ->> '$.files' WHERE NOT EXISTS (SELECT 1 FROM book WHERE hash = NEW.doc);
  INSERT INTO deployment SELECT d.value ->> '$.number', NEW.doc, d.value ->> '$.by', d.value ->> '$.at' FROM jsonb_each(NEW.body, '$.deployed') d
    WHERE NOT EXISTS (SELECT 1 FROM deployment o WHERE o.number = d.value ->> '$.number' AND o.hash = NEW.doc);
END;

-- A timer has done its work (its messages go out), was refused (for a document to be started, that is recorded), or tries again.
CREATE TRIGGER task_timer INSTEAD OF INSERT ON task WHEN NEW.kind = 'timer'
BEGIN
  SELECT RAISE(ABORT, 'BC110 it is done already; look again at what is due') WHERE NOT EXISTS (SELECT 1 FROM timer WHERE bu = NEW.bu AND doc = NEW.doc AND id = NEW.body ->> '$.id');
  UPDATE child SET refused = NEW.body ->> '$.refused' WHERE bu = NEW.bu AND parent = NEW.doc AND doc = NEW.body ->> '$.child'
    AND NEW.body ->> '$.refused' <> '';
  INSERT INTO outbox SELECT NEW.bu, NEW.doc, n.value ->> '$.id', n.value ->> '$.kind', n.value ->> '$.topic', n.value ->> '$.message', n.value ->> '$.payload',
    NEW.body ->> '$.now', 0, '', 0, 0, 0, 0, '' FROM jsonb_each(NEW.body, '$.outbox') n;
  UPDATE timer SET due_at = NEW.body ->> '$.again', held_by = '', held_until = 0 WHERE bu = NEW.bu AND doc = NEW.doc AND id = NEW.body ->> '$.id' AND NEW.body ->> '$.again' IS NOT NULL;
  DELETE FROM timer WHERE bu = NEW.bu AND doc = NEW.doc AND id = NEW.body ->> '$.id' AND NEW.body ->> '$.again' IS NULL;
END;

CREATE TRIGGER task_sent INSTEAD OF INSERT ON task WHEN NEW.kind = 'sent'
BEGIN
  SELECT RAISE(ABORT, 'BC110 it is done already; look again at what is due') WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE bu = NEW.bu AND doc = NEW.doc AND id = NEW.body ->> '$.id' AND sent_at = 0);
  UPDATE outbox SET sent_at = NEW.body ->> '$.now' WHERE bu = NEW.bu AND doc = NEW.doc AND id = NEW.body ->> '$.id';
END;

-- A message could not be sent: it waits, or is given up. Or it is to be tried again from the beginning.
CREATE TRIGGER task_put_off INSTEAD OF INSERT ON task WHEN NEW.kind = 'put_off'
BEGIN
  SELECT RAISE(ABORT, 'BC110 it is done already; look again at what is due') WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE bu = NEW.bu AND doc = NEW.doc AND id = NEW.body ->> '$.id' AND sent_at = 0);
  UPDATE outbox SET tries = NEW.body ->> '$.tries', next_at = NEW.body ->> '$.next_at', given_up_at = NEW.body ->> '$.given_up_at', fault = NEW.body ->> '$.fault',
    held_by = '', held_until = 0 WHERE bu = NEW.bu AND doc = NEW.doc AND id = NEW.body ->> '$.id';
END;
