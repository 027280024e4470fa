-- Every writing of master data gives its business unit another version.
ALTER TABLE business_unit ADD COLUMN version TEXT NOT NULL DEFAULT '';
UPDATE business_unit SET version = lower(hex(randomblob(16)));
