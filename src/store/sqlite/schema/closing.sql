-- Up to when the books of a business unit are closed: nothing is written any more that happened before `until`. Who closed
-- them, and when, stands in the event.
CREATE TABLE closing (bu TEXT NOT NULL, until INTEGER NOT NULL, doc TEXT NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (bu, until), FOREIGN KEY (bu, doc, revision) REFERENCES event (bu, doc, revision)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX closing_doc ON closing (bu, doc, revision);
