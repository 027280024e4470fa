-- How often a message could not be sent, and why; when it is tried again, and when it was given up.
ALTER TABLE bincard.outbox ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bincard.outbox ADD COLUMN next_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bincard.outbox ADD COLUMN given_up_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bincard.outbox ADD COLUMN fault TEXT NOT NULL DEFAULT '';
