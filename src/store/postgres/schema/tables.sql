-- The tables of a bincard store in PostgreSQL 15 or newer. SQLite has the same tables and columns (a test compares them).
-- `bincard` stands for the schema that the URL names.
--
-- Conventions: `bu` (the business unit) leads every key; times are microseconds since 1970 UTC, dates days since then,
-- quantities thousandths of the base unit, amounts minor units, yes and no 1 and 0; a text that is absent is empty.
-- Columns `body`, `fields`, `vals`, `input`, `rules`, `payload`, `until` hold JSON.

-- Master data: written by `bincard load`. Every writing gives the business unit another `version`, by which a process knows whether what it
-- has read of it still holds.
CREATE TABLE bincard.business_unit (bu TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL DEFAULT '');
CREATE TABLE bincard.party (bu TEXT NOT NULL, party TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (bu, party));
CREATE INDEX party_parent ON bincard.party (bu, parent);
CREATE TABLE bincard.person (bu TEXT NOT NULL, person TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, person));
CREATE TABLE bincard.part (bu TEXT NOT NULL, part TEXT NOT NULL, class TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, part));
CREATE TABLE bincard.rate (bu TEXT NOT NULL, part TEXT NOT NULL, from_day BIGINT NOT NULL, rate BIGINT NOT NULL, PRIMARY KEY (bu, part, from_day));
CREATE TABLE bincard.contract (bu TEXT NOT NULL, contract TEXT NOT NULL, customer TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, contract));
CREATE TABLE bincard.stock_limit (bu TEXT NOT NULL, party TEXT NOT NULL, part TEXT NOT NULL, class TEXT NOT NULL, pool TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (bu, party, part, class, pool));
CREATE TABLE bincard.supersession (bu TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (bu, old, new));
CREATE INDEX supersession_new ON bincard.supersession (bu, new);

-- Books: every one that was ever deployed.
CREATE TABLE bincard.book (hash TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, files TEXT NOT NULL);

-- Documents, and what they name.
CREATE TABLE bincard.document (
  bu TEXT NOT NULL, doc TEXT NOT NULL, number TEXT NOT NULL, workflow TEXT NOT NULL, version BIGINT NOT NULL, state TEXT NOT NULL,
  ended BIGINT NOT NULL CHECK (ended IN (0, 1)), revision BIGINT NOT NULL CHECK (revision > 0), fields TEXT NOT NULL,
  opened_by TEXT NOT NULL, opened_at BIGINT NOT NULL, entered_at BIGINT NOT NULL, parent TEXT NOT NULL,
  PRIMARY KEY (bu, doc));
CREATE INDEX document_number ON bincard.document (bu, number);
CREATE INDEX document_state ON bincard.document (bu, workflow, state, opened_at);
CREATE INDEX document_age ON bincard.document (bu, opened_at);
CREATE INDEX document_open ON bincard.document (bu, opened_at) WHERE ended = 0;
CREATE TABLE bincard.document_line (
  bu TEXT NOT NULL, doc TEXT NOT NULL, line BIGINT NOT NULL CHECK (line > 0), part TEXT NOT NULL, vals TEXT NOT NULL,
  inbound_party TEXT NOT NULL, inbound_part TEXT NOT NULL, inbound_pool TEXT NOT NULL, inbound_quantity BIGINT NOT NULL
    CONSTRAINT "bincard: a promise is not below zero; fire a transition" CHECK (inbound_quantity >= 0),
  PRIMARY KEY (bu, doc, line), FOREIGN KEY (bu, doc) REFERENCES bincard.document (bu, doc));
CREATE INDEX document_line_inbound ON bincard.document_line (bu, inbound_party, inbound_part) WHERE inbound_quantity > 0;
CREATE TABLE bincard.mention (bu TEXT NOT NULL, doc TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('party', 'part', 'contract')), code TEXT NOT NULL,
  PRIMARY KEY (bu, doc, kind, code), FOREIGN KEY (bu, doc) REFERENCES bincard.document (bu, doc));
CREATE INDEX mention_code ON bincard.mention (bu, kind, code, doc);

-- The journal: one event for each transition, its moves, and what else it changed.
CREATE TABLE bincard.event (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL CHECK (revision > 0), transition TEXT NOT NULL, from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
  actor TEXT NOT NULL, role TEXT NOT NULL, command_key TEXT NOT NULL, body_hash TEXT NOT NULL, book_hash TEXT NOT NULL, version BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL, effective_at BIGINT NOT NULL, input TEXT NOT NULL, rules TEXT NOT NULL,
  content TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (bu, doc, revision), UNIQUE (bu, command_key), FOREIGN KEY (bu, doc) REFERENCES bincard.document (bu, doc));
CREATE TABLE bincard.lot (
  bu TEXT NOT NULL, lot TEXT NOT NULL, part TEXT NOT NULL, label TEXT NOT NULL, received_at BIGINT NOT NULL,
  so TEXT NOT NULL, so_item BIGINT NOT NULL, delivery TEXT NOT NULL, delivery_item BIGINT NOT NULL,
  rate BIGINT NOT NULL, expires BIGINT, parent TEXT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL,
  PRIMARY KEY (bu, lot), FOREIGN KEY (bu, doc, revision) REFERENCES bincard.event (bu, doc, revision));
CREATE INDEX lot_sodo ON bincard.lot (bu, so, delivery) WHERE so <> '';
CREATE INDEX lot_doc ON bincard.lot (bu, doc, revision);
CREATE INDEX lot_parent ON bincard.lot (bu, parent) WHERE parent <> '';
CREATE TABLE bincard.move (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL, ordinal BIGINT NOT NULL, line BIGINT NOT NULL,
  part TEXT NOT NULL, lot TEXT NOT NULL, serial TEXT NOT NULL, quantity BIGINT NOT NULL
    CONSTRAINT "bincard: a move moves something; fire a transition" CHECK (quantity > 0), rate BIGINT NOT NULL,
  from_party TEXT NOT NULL, from_bin TEXT NOT NULL, from_doc TEXT NOT NULL, from_line BIGINT NOT NULL, from_condition TEXT NOT NULL, from_owner TEXT NOT NULL,
    from_pool TEXT NOT NULL,
  to_party TEXT NOT NULL, to_bin TEXT NOT NULL, to_doc TEXT NOT NULL, to_line BIGINT NOT NULL, to_condition TEXT NOT NULL, to_owner TEXT NOT NULL,
    to_pool TEXT NOT NULL,
  recorded_at BIGINT NOT NULL, effective_at BIGINT NOT NULL,
  PRIMARY KEY (bu, doc, revision, ordinal), FOREIGN KEY (bu, doc, revision) REFERENCES bincard.event (bu, doc, revision), FOREIGN KEY (bu,
    lot) REFERENCES bincard.lot (bu, lot));
CREATE INDEX move_lot ON bincard.move (bu, lot);
CREATE INDEX move_part ON bincard.move (bu, part);
CREATE INDEX move_serial ON bincard.move (bu, serial) WHERE serial <> '';

-- Balances: written only by the trigger on `move` (`moves.sql`). Below zero only in the outside world (no party).
CREATE TABLE bincard.stock (
  bu TEXT NOT NULL, party TEXT NOT NULL, part TEXT NOT NULL, bin TEXT NOT NULL, doc TEXT NOT NULL, line BIGINT NOT NULL,
  condition TEXT NOT NULL, owner TEXT NOT NULL, pool TEXT NOT NULL, lot TEXT NOT NULL, serial TEXT NOT NULL, quantity BIGINT NOT NULL,
  PRIMARY KEY (bu, party, part, bin, doc, line, condition, owner, pool, lot, serial),
  CONSTRAINT "bincard: stock is not below zero; fire a transition" CHECK (quantity >= 0 OR party = ''),
  CONSTRAINT "bincard: a serial number is one unit; fire a transition" CHECK (serial = '' OR party = '' OR quantity IN (0, 1000)));
CREATE INDEX stock_part ON bincard.stock (bu, part);
CREATE INDEX stock_holder ON bincard.stock (bu, doc) WHERE doc <> '';
CREATE UNIQUE INDEX stock_unit ON bincard.stock (bu, serial, part) WHERE serial <> '' AND party <> '';

-- The second book: who owes what to whom.
CREATE TABLE bincard.obligation (
  bu TEXT NOT NULL, id TEXT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL, line BIGINT NOT NULL, kind TEXT NOT NULL, part TEXT NOT NULL,
  quantity BIGINT NOT NULL CONSTRAINT "bincard: something is owed; fire a transition" CHECK (quantity > 0),
  open BIGINT NOT NULL CONSTRAINT "bincard: what is open is owed; fire a transition" CHECK (open >= 0 AND open <= quantity),
  debtor TEXT NOT NULL, creditor TEXT NOT NULL, opened_at BIGINT NOT NULL, due_at BIGINT NOT NULL, rate BIGINT NOT NULL,
  PRIMARY KEY (bu, id), FOREIGN KEY (bu, doc, revision) REFERENCES bincard.event (bu, doc, revision));
CREATE INDEX obligation_debtor ON bincard.obligation (bu, debtor) WHERE open > 0;
CREATE INDEX obligation_doc ON bincard.obligation (bu, doc, revision);
CREATE TABLE bincard.obligation_change (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL, ordinal BIGINT NOT NULL, id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('settled', 'waived', 'debited')),
  quantity BIGINT NOT NULL CONSTRAINT "bincard: a change changes something; fire a transition" CHECK (quantity > 0),
  PRIMARY KEY (bu, doc, revision, ordinal), FOREIGN KEY (bu, doc, revision) REFERENCES bincard.event (bu, doc, revision));
CREATE INDEX obligation_change_id ON bincard.obligation_change (bu, id);

-- Papers and the series of their numbers. `follows` names the event that took the number before: document, space, revision;
-- empty for the first number of a series.
CREATE TABLE bincard.series (bu TEXT NOT NULL, series TEXT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (bu, series));
CREATE TABLE bincard.paper (
  bu TEXT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL, ordinal BIGINT NOT NULL, kind TEXT NOT NULL, series TEXT NOT NULL, number TEXT NOT NULL,
  issued_at BIGINT NOT NULL, from_party TEXT NOT NULL, to_party TEXT NOT NULL, reverses BIGINT, open BIGINT NOT NULL CHECK (open IN (0, 1)), follows TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (bu, doc, revision, ordinal), UNIQUE (bu, series, number), FOREIGN KEY (bu, doc, revision) REFERENCES bincard.event (bu, doc, revision));
CREATE INDEX paper_number ON bincard.paper (bu, number);

-- What a document waits for, claims, has started and has to tell. Whoever works on a timer or a message holds it until a time
-- (`take.sql`). A message that could not be sent waits until `next_at`, or is given up.
CREATE TABLE bincard.timer (bu TEXT NOT NULL, doc TEXT NOT NULL, id TEXT NOT NULL, due_at BIGINT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  body TEXT NOT NULL, held_by TEXT NOT NULL DEFAULT '', held_until BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (bu, doc, id), FOREIGN KEY (bu, doc) REFERENCES bincard.document (bu, doc));
CREATE INDEX timer_due ON bincard.timer (due_at);
CREATE TABLE bincard.claim (bu TEXT NOT NULL, workflow TEXT NOT NULL, claim_key TEXT NOT NULL, doc TEXT NOT NULL, until TEXT NOT NULL,
  PRIMARY KEY (bu, workflow, claim_key), FOREIGN KEY (bu, doc) REFERENCES bincard.document (bu, doc));
CREATE INDEX claim_doc ON bincard.claim (bu, doc);
CREATE TABLE bincard.child (bu TEXT NOT NULL, parent TEXT NOT NULL, doc TEXT NOT NULL, workflow TEXT NOT NULL, refused TEXT NOT NULL,
  PRIMARY KEY (bu, parent, doc), FOREIGN KEY (bu, parent) REFERENCES bincard.document (bu, doc));
CREATE TABLE bincard.outbox (
  bu TEXT NOT NULL, doc TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('notify', 'emit')), topic TEXT NOT NULL, message TEXT NOT NULL,
  payload TEXT NOT NULL, recorded_at BIGINT NOT NULL, sent_at BIGINT NOT NULL, held_by TEXT NOT NULL DEFAULT '', held_until BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0, next_at BIGINT NOT NULL DEFAULT 0, given_up_at BIGINT NOT NULL DEFAULT 0, fault TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (bu, doc, id), FOREIGN KEY (bu, doc) REFERENCES bincard.document (bu, doc));
CREATE INDEX outbox_waiting ON bincard.outbox (recorded_at) WHERE sent_at = 0;
