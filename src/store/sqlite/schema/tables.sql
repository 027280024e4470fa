-- The tables of a bincard store in SQLite. PostgreSQL has the same tables and columns (a test compares them).
--
-- Conventions: `bu` (the business unit) leads every key; times are microseconds since 1970 UTC, dates days since then,
-- quantities thousandths of the base unit, amounts minor units, yes and no 1 and 0; a text that is absent is empty.
-- Columns `body`, `fields`, `vals`, `input`, `rules`, `payload`, `until` hold JSON.

-- Master data: written by `bincard load`. Every writing gives the business unit another `version`, by which a process knows whether what it
-- has read of it still holds.
CREATE TABLE business_unit (bu TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
CREATE TABLE party (bu TEXT NOT NULL, party TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (bu, party)) STRICT, WITHOUT ROWID;
CREATE INDEX party_parent ON party (bu, parent);
CREATE TABLE person (bu TEXT NOT NULL, person TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, person)) STRICT, WITHOUT ROWID;
CREATE TABLE part (bu TEXT NOT NULL, part TEXT NOT NULL, class TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, part)) STRICT, WITHOUT ROWID;
CREATE TABLE rate (bu TEXT NOT NULL, part TEXT NOT NULL, from_day INTEGER NOT NULL, rate INTEGER NOT NULL, PRIMARY KEY (bu, part, from_day)) STRICT,
  WITHOUT ROWID;
CREATE TABLE contract (bu TEXT NOT NULL, contract TEXT NOT NULL, customer TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, contract)) STRICT, WITHOUT ROWID;
CREATE TABLE stock_limit (bu TEXT NOT NULL, party TEXT NOT NULL, part TEXT NOT NULL, class TEXT NOT NULL, pool TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (bu, party, part, class, pool)) STRICT, WITHOUT ROWID;
CREATE TABLE supersession (bu TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, old, new)) STRICT, WITHOUT ROWID;
CREATE INDEX supersession_new ON supersession (bu, new);

-- Books: every one that was ever deployed.
CREATE TABLE book (hash TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, files TEXT NOT NULL) STRICT;

-- Documents, and what they name.
CREATE TABLE document (
  bu TEXT NOT NULL, doc TEXT NOT NULL, number TEXT NOT NULL, workflow TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
  ended INTEGER NOT NULL CHECK (ended IN (0, 1)), revision INTEGER NOT NULL CHECK (revision > 0), fields TEXT NOT NULL,
  opened_by TEXT NOT NULL, opened_at INTEGER NOT NULL, entered_at INTEGER NOT NULL, parent TEXT NOT NULL,
  PRIMARY KEY (bu, doc)) STRICT;
CREATE INDEX document_number ON document (bu, number);
CREATE INDEX document_state ON document (bu, workflow, state, opened_at);
CREATE INDEX document_age ON document (bu, opened_at);
CREATE INDEX document_open ON document (bu, opened_at) WHERE ended = 0;
CREATE TABLE document_line (
  bu TEXT NOT NULL, doc TEXT NOT NULL, line INTEGER NOT NULL CHECK (line > 0), part TEXT NOT NULL, vals TEXT NOT NULL,
  inbound_party TEXT NOT NULL, inbound_part TEXT NOT NULL, inbound_pool TEXT NOT NULL, inbound_quantity INTEGER NOT NULL
    CONSTRAINT "bincard: a promise is not below zero; fire a transition" CHECK (inbound_quantity >= 0),
  PRIMARY KEY (bu, doc, line), FOREIGN KEY (bu, doc) REFERENCES document (bu, doc)) STRICT;
CREATE INDEX document_line_inbound ON document_line (bu, inbound_party, inbound_part) WHERE inbound_quantity > 0;
CREATE TABLE mention (bu TEXT NOT NULL, doc TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('party', 'part', 'contract')), code TEXT NOT NULL,
  PRIMARY KEY (bu, doc, kind, code), FOREIGN KEY (bu, doc) REFERENCES document (bu, doc)) STRICT, WITHOUT ROWID;
CREATE INDEX mention_code ON mention (bu, kind, code, doc);

-- The journal: one event for each transition, its moves, and what else it changed.
CREATE TABLE event (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL CHECK (revision > 0), transition TEXT NOT NULL, from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
  actor TEXT NOT NULL, role TEXT NOT NULL, command_key TEXT NOT NULL, body_hash TEXT NOT NULL, book_hash TEXT NOT NULL, version INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL, effective_at INTEGER NOT NULL, input TEXT NOT NULL, rules TEXT NOT NULL,
  content TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (bu, doc, revision), UNIQUE (bu, command_key), FOREIGN KEY (bu, doc) REFERENCES document (bu, doc)) STRICT;
CREATE TABLE lot (
  bu TEXT NOT NULL, lot TEXT NOT NULL, part TEXT NOT NULL, label TEXT NOT NULL, received_at INTEGER NOT NULL,
  so TEXT NOT NULL, so_item INTEGER NOT NULL, delivery TEXT NOT NULL, delivery_item INTEGER NOT NULL,
  rate INTEGER NOT NULL, expires INTEGER, parent TEXT NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (bu, lot), FOREIGN KEY (bu, doc, revision) REFERENCES event (bu, doc, revision)) STRICT;
CREATE INDEX lot_sodo ON lot (bu, so, delivery) WHERE so <> '';
CREATE INDEX lot_doc ON lot (bu, doc, revision);
CREATE INDEX lot_parent ON lot (bu, parent) WHERE parent <> '';
CREATE TABLE move (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL, ordinal INTEGER NOT NULL, line INTEGER NOT NULL,
  part TEXT NOT NULL, lot TEXT NOT NULL, serial TEXT NOT NULL, quantity INTEGER NOT NULL
    CONSTRAINT "bincard: a move moves something; fire a transition" CHECK (quantity > 0), rate INTEGER NOT NULL,
  from_party TEXT NOT NULL, from_bin TEXT NOT NULL, from_doc TEXT NOT NULL, from_line INTEGER NOT NULL, from_condition TEXT NOT NULL,
    from_owner TEXT NOT NULL, from_pool TEXT NOT NULL,
  to_party TEXT NOT NULL, to_bin TEXT NOT NULL, to_doc TEXT NOT NULL, to_line INTEGER NOT NULL, to_condition TEXT NOT NULL, to_owner TEXT NOT NULL,
    to_pool TEXT NOT NULL,
  recorded_at INTEGER NOT NULL, effective_at INTEGER NOT NULL,
  PRIMARY KEY (bu, doc, revision, ordinal), FOREIGN KEY (bu, doc, revision) REFERENCES event (bu, doc, revision), FOREIGN KEY (bu, lot) REFERENCES lot (bu,
    lot)) STRICT;
CREATE INDEX move_lot ON move (bu, lot);
CREATE INDEX move_part ON move (bu, part);
CREATE INDEX move_serial ON move (bu, serial) WHERE serial <> '';

-- Balances: written only by the trigger on `move`. Below zero only in the outside world (no party).
CREATE TABLE stock (
  bu TEXT NOT NULL, party TEXT NOT NULL, part TEXT NOT NULL, bin TEXT NOT NULL, doc TEXT NOT NULL, line INTEGER NOT NULL,
  condition TEXT NOT NULL, owner TEXT NOT NULL, pool TEXT NOT NULL, lot TEXT NOT NULL, serial TEXT NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (bu, party, part, bin, doc, line, condition, owner, pool, lot, serial),
  CONSTRAINT "bincard: stock is not below zero; fire a transition" CHECK (quantity >= 0 OR party = ''),
  CONSTRAINT "bincard: a serial number is one unit; fire a transition" CHECK (serial = '' OR party = '' OR quantity IN (0, 1000))) STRICT, WITHOUT ROWID;
CREATE INDEX stock_part ON stock (bu, part);
CREATE INDEX stock_holder ON stock (bu, doc) WHERE doc <> '';
CREATE UNIQUE INDEX stock_unit ON stock (bu, serial, part) WHERE serial <> '' AND party <> '';

-- The second book: who owes what to whom.
CREATE TABLE obligation (
  bu TEXT NOT NULL, id TEXT NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL, line INTEGER NOT NULL, kind TEXT NOT NULL, part TEXT NOT NULL,
  quantity INTEGER NOT NULL CONSTRAINT "bincard: something is owed; fire a transition" CHECK (quantity > 0),
  open INTEGER NOT NULL CONSTRAINT "bincard: what is open is owed; fire a transition" CHECK (open >= 0 AND open <= quantity),
  debtor TEXT NOT NULL, creditor TEXT NOT NULL, opened_at INTEGER NOT NULL, due_at INTEGER NOT NULL, rate INTEGER NOT NULL,
  PRIMARY KEY (bu, id), FOREIGN KEY (bu, doc, revision) REFERENCES event (bu, doc, revision)) STRICT;
CREATE INDEX obligation_debtor ON obligation (bu, debtor) WHERE open > 0;
CREATE INDEX obligation_doc ON obligation (bu, doc, revision);
CREATE TABLE obligation_change (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL, ordinal INTEGER NOT NULL, id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('settled', 'waived', 'debited')),
  quantity INTEGER NOT NULL CONSTRAINT "bincard: a change changes something; fire a transition" CHECK (quantity > 0),
  PRIMARY KEY (bu, doc, revision, ordinal), FOREIGN KEY (bu, doc, revision) REFERENCES event (bu, doc, revision)) STRICT;
CREATE INDEX obligation_change_id ON obligation_change (bu, id);

-- Papers and the series of their numbers. `follows` names the event that took the number before: document, space, revision;
-- empty for the first number of a series.
CREATE TABLE series (bu TEXT NOT NULL, series TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (bu, series)) STRICT, WITHOUT ROWID;
CREATE TABLE paper (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL, ordinal INTEGER NOT NULL, kind TEXT NOT NULL, series TEXT NOT NULL, number TEXT NOT NULL,
  issued_at INTEGER NOT NULL, from_party TEXT NOT NULL, to_party TEXT NOT NULL, reverses INTEGER, open INTEGER NOT NULL CHECK (open IN (0, 1)), follows TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (bu, doc, revision, ordinal), UNIQUE (bu, series, number), FOREIGN KEY (bu, doc, revision) REFERENCES event (bu, doc, revision)) STRICT;
CREATE INDEX paper_number ON paper (bu, number);

-- What a document waits for, claims, has started and has to tell. Whoever works on a timer or a message holds it until a time
-- (`take.sql`). A message that could not be sent waits until `next_at`, or is given up.
CREATE TABLE timer (bu TEXT NOT NULL, doc TEXT NOT NULL, id TEXT NOT NULL, due_at INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL, held_by TEXT NOT NULL DEFAULT '', held_until INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (bu, doc, id), FOREIGN KEY (bu, doc) REFERENCES document (bu, doc)) STRICT;
CREATE INDEX timer_due ON timer (due_at);
CREATE TABLE claim (bu TEXT NOT NULL, workflow TEXT NOT NULL, claim_key TEXT NOT NULL, doc TEXT NOT NULL, until TEXT NOT NULL,
  PRIMARY KEY (bu, workflow, claim_key), FOREIGN KEY (bu, doc) REFERENCES document (bu, doc)) STRICT, WITHOUT ROWID;
CREATE INDEX claim_doc ON claim (bu, doc);
CREATE TABLE child (bu TEXT NOT NULL, parent TEXT NOT NULL, doc TEXT NOT NULL, workflow TEXT NOT NULL, refused TEXT NOT NULL,
  PRIMARY KEY (bu, parent, doc), FOREIGN KEY (bu, parent) REFERENCES document (bu, doc)) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  bu TEXT NOT NULL, doc TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('notify', 'emit')), topic TEXT NOT NULL, message TEXT NOT NULL,
  payload TEXT NOT NULL, recorded_at INTEGER NOT NULL, sent_at INTEGER NOT NULL, held_by TEXT NOT NULL DEFAULT '', held_until INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0, given_up_at INTEGER NOT NULL DEFAULT 0, fault TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (bu, doc, id), FOREIGN KEY (bu, doc) REFERENCES document (bu, doc)) STRICT;
CREATE INDEX outbox_waiting ON outbox (recorded_at) WHERE sent_at = 0;
