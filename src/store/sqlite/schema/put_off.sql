-- How often a message could not be sent, and why; when it is tried again, and when it was given up.
ALTER TABLE outbox ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN given_up_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN fault TEXT NOT NULL DEFAULT '';
