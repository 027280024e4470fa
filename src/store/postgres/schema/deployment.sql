-- Which book the database runs, and which it ran before: the last row is in force. Written with a book that is deployed.
CREATE TABLE bincard.deployment (number BIGINT NOT NULL PRIMARY KEY, hash TEXT NOT NULL, deployed_by TEXT NOT NULL,
  deployed_at BIGINT NOT NULL);
