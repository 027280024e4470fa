-- A store with a history, for tests of plans: three thousand documents, most of them ended, on either database. Nothing of it
-- is true: hashes are words.
INSERT INTO business_unit (bu, name) VALUES ('ac', 'Air conditioning'), ('fr', 'Fridges');
INSERT INTO party WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
  SELECT 'ac', 'P' || i, 'asp', CASE WHEN i > 10 THEN 'P' || (i % 10) ELSE '' END, '{}' FROM n;
INSERT INTO part WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT 'ac', 'A' || i, 'board', '{}' FROM n;
INSERT INTO rate WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT 'ac', 'A' || i, 20000, 3033 FROM n;
INSERT INTO supersession WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) SELECT 'ac', 'A' || i, 'A' || (i + 30), '{}' FROM n;
INSERT INTO document WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  SELECT CASE WHEN i % 20 = 0 THEN 'fr' ELSE 'ac' END, 'D' || (10000 + i), 'STS/' || i, CASE WHEN i % 3 = 0 THEN 'shipment' ELSE 'request' END, 1,
    CASE WHEN i % 10 = 1 THEN 'open' ELSE 'closed' END, CASE WHEN i % 10 = 1 THEN 0 ELSE 1 END, 2, '{}', 'asha', 1000 * i, 1000 * i,
    CASE WHEN i % 3 = 0 THEN 'D' || (10000 + i - 1) ELSE '' END FROM n;
INSERT INTO document_line SELECT d.bu, d.doc, l.n, 'A' || (1 + d.opened_at / 1000 % 300), '{}', 'P' || (1 + d.opened_at / 1000 % 100), 'A' || (1 + d.opened_at / 1000 % 300), 'main',
    (1 - d.ended) * 1000 FROM document d CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2) l;
INSERT INTO mention SELECT bu, doc, 'party', 'P' || (1 + opened_at / 1000 % 100) FROM document;
INSERT INTO mention SELECT bu, doc, 'part', 'A' || (1 + opened_at / 1000 % 300) FROM document;
INSERT INTO event SELECT d.bu, d.doc, l.n, 'go', '', d.state, 'asha', 'clerk', d.doc || '-' || l.n, 'body', 'book', 1, d.opened_at, d.opened_at, '{}', '[]', 'content',
    'previous', 'hash' FROM document d CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2) l;
INSERT INTO lot SELECT bu, 'L' || doc, 'A' || (1 + opened_at / 1000 % 300), '', opened_at, 'SO' || (opened_at / 1000), 1, 'DEL', 1, 3033, NULL,
    CASE WHEN opened_at / 1000 % 2 = 0 THEN 'L' || parent ELSE '' END, doc, 1 FROM document;
INSERT INTO move SELECT d.bu, d.doc, l.n / 2 + 1, l.n, 1, 'A' || (1 + d.opened_at / 1000 % 300), 'L' || d.doc, CASE WHEN l.n = 1 THEN 'S' || d.doc ELSE '' END, 1000, 3033,
    '', 'supplier', '', 0, 'ok', 'us', 'main', 'P' || (1 + d.opened_at / 1000 % 100), 'available', '', 0, 'ok', 'us', 'main', d.opened_at, d.opened_at
  FROM document d CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) l;
INSERT INTO stock SELECT bu, to_party, part, to_bin, CASE WHEN ordinal = 3 THEN doc ELSE '' END, 0, to_condition, to_owner, to_pool, lot, serial, 1000 FROM move;
INSERT INTO obligation SELECT bu, 'O' || doc, doc, 1, 1, 'return', 'A1', 1000, 1000 * (1 - ended), 'P' || (1 + opened_at / 1000 % 100), 'P1', 1, 2, 3033 FROM document;
INSERT INTO obligation_change SELECT bu, doc, 2, 1, 'O' || doc, 'settled', 1000 FROM document WHERE ended = 1;
INSERT INTO series VALUES ('ac', 'dc||DC/|', 3000);
INSERT INTO paper SELECT bu, doc, 1, 1, 'dc', 'dc||DC/|', 'DC/' || (opened_at / 1000), opened_at, 'P1', 'P' || (1 + opened_at / 1000 % 100), NULL, 1 - ended, '' FROM document;
INSERT INTO timer SELECT bu, doc, '2.1', opened_at, 'deadline', state, '{}', '', 0 FROM document WHERE ended = 0;
INSERT INTO claim SELECT bu, workflow, 'job ' || doc, doc, '[]' FROM document WHERE ended = 0;
INSERT INTO child SELECT bu, parent, doc, workflow, '' FROM document WHERE parent <> '';
INSERT INTO outbox SELECT bu, doc, '1.1', 'notify', 'clerk', 'text', 'null', opened_at, CASE WHEN ended = 1 THEN 1 ELSE 0 END, '', 0, 0, 0, 0, '' FROM document;
INSERT INTO sealed SELECT bu, 1, opened_at / 1000, doc, 2, 'hash' FROM document WHERE opened_at < 2000000;
INSERT INTO seal VALUES ('ac', 1, 1900, 3800, 'root', '', 'mac', 'key', 1), ('fr', 1, 100, 200, 'root', '', 'mac', 'key', 1);
