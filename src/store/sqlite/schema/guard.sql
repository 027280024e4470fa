-- The guards of one table: `{table}` is its name, `{instead}` what to do instead of editing it by hand, `{once}` is 1
-- where a row is written once and never changes again.
CREATE TRIGGER {table}_no_insert BEFORE INSERT ON {table} WHEN NOT EXISTS (SELECT 1 FROM gate)
BEGIN SELECT RAISE(ABORT, 'bincard: {instead}'); END;
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN {once} OR NOT EXISTS (SELECT 1 FROM gate)
BEGIN SELECT RAISE(ABORT, 'bincard: {instead}'); END;
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN {once} OR NOT EXISTS (SELECT 1 FROM gate)
BEGIN SELECT RAISE(ABORT, 'bincard: {instead}'); END;
