-- Which migrations were applied.
CREATE TABLE IF NOT EXISTS rowferry_migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at TEXT NOT NULL
);
