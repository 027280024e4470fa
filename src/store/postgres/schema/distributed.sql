-- Lays the tables out over the nodes of a Citus cluster: all rows of a business unit lie together, books are everywhere.
-- Foreign keys are taken off meanwhile, since Citus takes none between a table that is laid out and one that is not yet.
DO $$
DECLARE
  thing record;
  v_keys text[] := '{}';
  v_key text;
BEGIN
  PERFORM set_config('citus.enable_unsafe_triggers', 'on', true), set_config('citus.multi_shard_modify_mode', 'sequential', true);
  FOR thing IN SELECT conrelid::regclass AS name, conname, pg_get_constraintdef(oid) AS text FROM pg_constraint
    WHERE connamespace = 'bincard'::regnamespace AND contype = 'f'
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', thing.name, thing.conname);
    v_keys := v_keys || format('ALTER TABLE %s ADD CONSTRAINT %I %s', thing.name, thing.conname, thing.text);
  END LOOP;
  PERFORM create_reference_table('bincard.book'), create_reference_table('bincard.deployment'), create_reference_table('bincard.schema_version');
  PERFORM create_distributed_table('bincard.business_unit', 'bu');
  FOR thing IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'bu'
    WHERE c.relnamespace = 'bincard'::regnamespace AND c.relkind = 'r' AND c.relname <> 'business_unit' ORDER BY c.relname
  LOOP
    PERFORM create_distributed_table(thing.name, 'bu', colocate_with => 'bincard.business_unit');
  END LOOP;
  FOREACH v_key IN ARRAY v_keys LOOP
    EXECUTE v_key;
  END LOOP;
  FOR thing IN SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = 'bincard'::regnamespace AND proargnames[1] = 'p_bu' AND prosecdef
  LOOP
    PERFORM create_distributed_function(thing.name, 'p_bu', colocate_with => 'bincard.business_unit', force_delegation => true);
  END LOOP;
END $$;
