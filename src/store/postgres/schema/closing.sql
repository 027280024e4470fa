-- Up to when the books of a business unit are closed: nothing is written any more that happened before `until`. Who closed
-- them, and when, stands in the event.
CREATE TABLE bincard.closing (bu TEXT NOT NULL, until BIGINT NOT NULL, doc TEXT NOT NULL, revision BIGINT NOT NULL,
  PRIMARY KEY (bu, until), FOREIGN KEY (bu, doc, revision) REFERENCES bincard.event (bu, doc, revision));
CREATE UNIQUE INDEX closing_doc ON bincard.closing (bu, doc, revision);
