-- The only way in: `INSERT INTO command`, which is a view, so that nothing of it is ever kept. Its trigger opens the gate,
-- has the task done, and closes the gate; the guards of all other tables let a change pass only while the gate holds a row.
-- Everything between opening and closing is one statement: it is done as a whole or not at all.
CREATE TABLE gate (open INTEGER NOT NULL DEFAULT 1, "bincard: a command takes no conflict clause; fire a transition" INTEGER NOT NULL) STRICT;
CREATE VIEW command (kind, bu, doc, revision, body) AS SELECT 'open', '', '', open, '' FROM gate;
CREATE VIEW task (kind, bu, doc, revision, body) AS SELECT 'open', '', '', open, '' FROM gate;

-- A conflict clause of the statement outside (`INSERT OR FAIL INTO command …`) replaces those of all statements in here, and
-- could have a half of them done. So the first insertion fails under any clause but IGNORE, which alone passes over what is
-- absent; the name of the column is what SQLite then says. And the second inserts nothing under IGNORE: only REPLACE puts the
-- default where nothing is given. No setting switches that off, as one does for CHECK.
CREATE TRIGGER command_door INSTEAD OF INSERT ON command
BEGIN
  SELECT RAISE(ABORT, 'bincard: this is not a command; fire a transition') WHERE NEW.kind IS NULL
    OR NEW.kind NOT IN ('commit', 'book', 'timer', 'sent', 'put_off', 'take_timers', 'take_outbox', 'master', 'leaves', 'seal') OR NOT json_valid(NEW.body, 4);
  INSERT OR IGNORE INTO gate VALUES (1, NULL);
  INSERT OR REPLACE INTO gate VALUES (NULL, 1);
  INSERT INTO task VALUES (NEW.kind, NEW.bu, NEW.doc, NEW.revision, NEW.body);
  DELETE FROM gate;
END;

-- Nobody else opens it: this asks for a command that is none, which is refused, except inside of the trigger above, since
-- SQLite runs no trigger inside of itself. (With recursive triggers switched on it is refused there too.)
CREATE TRIGGER gate_no_insert BEFORE INSERT ON gate
BEGIN INSERT INTO command VALUES ('', '', '', 0, ''); END;
CREATE TRIGGER gate_no_update BEFORE UPDATE ON gate
BEGIN SELECT RAISE(ABORT, 'bincard: the gate is not moved by hand; fire a transition'); END;

