-- Every writing of master data gives its business unit another version.
ALTER TABLE bincard.business_unit ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE bincard.business_unit DISABLE TRIGGER business_unit_guard;
UPDATE bincard.business_unit SET version = replace(gen_random_uuid()::text, '-', '');
