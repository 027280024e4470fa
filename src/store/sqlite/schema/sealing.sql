-- Seals: the task `leaves` writes what a seal covers, a page at a time; `seal` closes it.
--
-- BC111 seal: another one was made meanwhile
CREATE TRIGGER task_leaves INSTEAD OF INSERT ON task WHEN NEW.kind = 'leaves'
BEGIN
  SELECT RAISE(ABORT, 'BC111 seal') WHERE NEW.revision <> (SELECT COALESCE(MAX(number), 0) + 1 FROM seal WHERE bu = NEW.bu);
  INSERT INTO sealed SELECT NEW.bu, NEW.revision, n.value ->> '$.ordinal', n.value ->> '$.doc', n.value ->> '$.revision', n.value ->> '$.hash'
    FROM jsonb_each(NEW.body, '$.leaves') n;
END;

CREATE TRIGGER task_seal INSTEAD OF INSERT ON task WHEN NEW.kind = 'seal'
BEGIN
  SELECT RAISE(ABORT, 'BC111 seal') WHERE NEW.revision <> (SELECT COALESCE(MAX(number), 0) + 1 FROM seal WHERE bu = NEW.bu)
    OR NEW.body ->> '$.previous' <> COALESCE((SELECT mac FROM seal WHERE bu = NEW.bu AND number = NEW.revision - 1), '')
    OR NEW.body ->> '$.leaves' <> (SELECT COUNT(*) FROM sealed WHERE bu = NEW.bu AND number = NEW.revision);
  INSERT INTO seal VALUES (NEW.bu, NEW.revision, NEW.body ->> '$.leaves', NEW.body ->> '$.events', NEW.body ->> '$.root', NEW.body ->> '$.previous',
    NEW.body ->> '$.mac', NEW.body ->> '$.key_id', NEW.body ->> '$.sealed_at');
END;
