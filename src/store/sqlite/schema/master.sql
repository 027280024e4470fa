-- Master data: the rows of one business unit that are new or have changed, by table, each a list in the order of the columns.
CREATE TRIGGER task_master INSTEAD OF INSERT ON task WHEN NEW.kind = 'master'
BEGIN
  INSERT INTO business_unit (bu, name) SELECT NEW.bu, n.value ->> 1 FROM jsonb_each(NEW.body, '$.business_unit') n
    WHERE true ON CONFLICT DO UPDATE SET name = excluded.name;
  UPDATE business_unit SET version = lower(hex(randomblob(16))) WHERE bu = NEW.bu;
  INSERT INTO party SELECT NEW.bu, n.value ->> 1, n.value ->> 2, n.value ->> 3, n.value ->> 4 FROM jsonb_each(NEW.body, '$.party') n
    WHERE true ON CONFLICT DO UPDATE SET kind = excluded.kind, parent = excluded.parent, body = excluded.body;
  INSERT INTO person SELECT NEW.bu, n.value ->> 1, n.value ->> 2 FROM jsonb_each(NEW.body, '$.person') n
    WHERE true ON CONFLICT DO UPDATE SET body = excluded.body;
  INSERT INTO part SELECT NEW.bu, n.value ->> 1, n.value ->> 2, n.value ->> 3 FROM jsonb_each(NEW.body, '$.part') n
    WHERE true ON CONFLICT DO UPDATE SET class = excluded.class, body = excluded.body;
  INSERT INTO rate SELECT NEW.bu, n.value ->> 1, CAST(n.value ->> 2 AS INTEGER), CAST(n.value ->> 3 AS INTEGER) FROM jsonb_each(NEW.body, '$.rate') n
    WHERE true ON CONFLICT DO UPDATE SET rate = excluded.rate;
  INSERT INTO contract SELECT NEW.bu, n.value ->> 1, n.value ->> 2, n.value ->> 3 FROM jsonb_each(NEW.body, '$.contract') n
    WHERE true ON CONFLICT DO UPDATE SET customer = excluded.customer, body = excluded.body;
  INSERT INTO stock_limit SELECT NEW.bu, n.value ->> 1, n.value ->> 2, n.value ->> 3, n.value ->> 4, n.value ->> 5
    FROM jsonb_each(NEW.body, '$.stock_limit') n WHERE true ON CONFLICT DO UPDATE SET body = excluded.body;
  INSERT INTO supersession SELECT NEW.bu, n.value ->> 1, n.value ->> 2, n.value ->> 3 FROM jsonb_each(NEW.body, '$.supersession') n
    WHERE true ON CONFLICT DO UPDATE SET body = excluded.body;
END;
