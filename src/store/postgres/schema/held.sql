-- Who works on a timer or a message, and until when it is theirs.
ALTER TABLE bincard.timer ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
ALTER TABLE bincard.timer ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bincard.outbox ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
ALTER TABLE bincard.outbox ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0;

-- What is to be done is found without what has ended.
CREATE INDEX document_open ON bincard.document (bu, opened_at) WHERE ended = 0;
