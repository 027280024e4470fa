-- What is made from here on belongs to whoever owns the schema.
DO $$
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'bincard'));
END $$;
