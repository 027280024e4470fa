-- Seals over the journal, a chain for each business unit; and what each covers: documents, up to a revision.
CREATE TABLE seal (
  bu TEXT NOT NULL, number INTEGER NOT NULL CHECK (number > 0), leaves INTEGER NOT NULL, events INTEGER NOT NULL, root TEXT NOT NULL,
  previous TEXT NOT NULL, mac TEXT NOT NULL, key_id TEXT NOT NULL, sealed_at INTEGER NOT NULL,
  PRIMARY KEY (bu, number)) STRICT;
CREATE TABLE sealed (
  bu TEXT NOT NULL, number INTEGER NOT NULL, ordinal INTEGER NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (bu, number, ordinal), FOREIGN KEY (bu, doc, revision) REFERENCES event (bu, doc, revision)) STRICT;
CREATE UNIQUE INDEX sealed_doc ON sealed (bu, doc, revision);
