-- Seals over the journal, a chain for each business unit; and what each covers: documents, up to a revision.
CREATE TABLE bincard.seal (
  bu TEXT NOT NULL, number BIGINT NOT NULL CHECK (number > 0), leaves BIGINT NOT NULL, events BIGINT NOT NULL, root TEXT NOT NULL,
  previous TEXT NOT NULL, mac TEXT NOT NULL, key_id TEXT NOT NULL, sealed_at BIGINT NOT NULL,
  PRIMARY KEY (bu, number));
CREATE TABLE bincard.sealed (
  bu TEXT NOT NULL, number BIGINT NOT NULL, ordinal BIGINT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (bu, number, ordinal), FOREIGN KEY (bu, doc, revision) REFERENCES bincard.event (bu, doc, revision));
CREATE UNIQUE INDEX sealed_doc ON bincard.sealed (bu, doc, revision);
