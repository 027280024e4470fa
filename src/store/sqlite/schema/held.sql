-- Who works on a timer or a message, and until when it is theirs.
ALTER TABLE timer ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
ALTER TABLE timer ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;

-- What is to be done is found without what has ended.
CREATE INDEX document_open ON document (bu, opened_at) WHERE ended = 0;
