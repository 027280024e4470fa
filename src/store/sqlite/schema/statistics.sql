-- What the planner of SQLite must know of a store that is still empty: every table is large, and the business unit, which
-- leads every key, tells few rows apart. Without it SQLite takes any key that begins with `bu` for as good as any other.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat)
  SELECT m.name, i.name, (
      SELECT '1000000 ' || group_concat(CASE
          WHEN c.seqno = 0 AND c.name = 'bu' THEN 500000
          WHEN i."unique" AND c.seqno = (SELECT max(l.seqno) FROM pragma_index_info(i.name) l) THEN 1
          WHEN c.seqno <= 1 THEN 500
          ELSE max(50 / c.seqno, 2) END, ' ')
      FROM (SELECT * FROM pragma_index_info(i.name) ORDER BY seqno) c)
  FROM sqlite_schema m JOIN pragma_index_list(m.name) i
  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
  ORDER BY m.name, i.name;
ANALYZE sqlite_schema;
