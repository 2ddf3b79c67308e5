-- Which migrations were applied. Not CREATE SCHEMA IF NOT EXISTS, which asks for a right even where nothing is made.
DO $$ BEGIN IF to_regnamespace('rowferry') IS NULL THEN CREATE SCHEMA rowferry; END IF; END $$;

CREATE TABLE IF NOT EXISTS rowferry.migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at TEXT NOT NULL
);
