-- The guard of one table: `{table}` is its name, `{instead}` what to do instead of editing it by hand, `{how}` is `once`
-- where a row is written once and never changes again, `derived` where only the trigger on `move` writes.
CREATE TRIGGER {table}_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON bincard.{table}
  FOR EACH STATEMENT EXECUTE FUNCTION bincard.guard('{instead}', '{how}');
ALTER TABLE bincard.{table} ENABLE ALWAYS TRIGGER {table}_guard;
