-- What the planner of SQLite must know of a store that is still empty: every table is large, the indexes of what is open, waits
-- or is held are not, and the business unit, which leads every key, tells few rows apart. Without it SQLite takes any key
-- that begins with `bu` for as good as any other. The first line makes the table of statistics, and looks at nothing.
ANALYZE schema_version;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat)
  SELECT m.name, i.name, (
      SELECT t.all_rows || ' ' || group_concat(CASE
          WHEN c.seqno = 0 AND c.name = 'bu' THEN t.all_rows / 2
          WHEN i."unique" AND c.seqno = (SELECT max(l.seqno) FROM pragma_index_info(i.name) l) THEN 1
          WHEN c.seqno <= 1 THEN 500
          ELSE max(50 / c.seqno, 2) END, ' ')
      FROM (SELECT * FROM pragma_index_info(i.name) ORDER BY seqno) c, (SELECT CASE WHEN i.name IN (
          'document_open', 'document_line_inbound', 'stock_holder', 'obligation_debtor', 'outbox_waiting') THEN 10000 ELSE 1000000 END AS all_rows) t)
  FROM sqlite_schema m JOIN pragma_index_list(m.name) i
  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
  ORDER BY m.name, i.name;
ANALYZE sqlite_schema;
