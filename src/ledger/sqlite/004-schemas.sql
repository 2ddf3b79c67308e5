-- Table Schemas that files were announced with, each once: a load names its own by the SHA-256.
CREATE TABLE rowferry_schemas (
  sha256 TEXT PRIMARY KEY,
  document TEXT NOT NULL
);

ALTER TABLE rowferry_loads ADD COLUMN schema_sha256 TEXT REFERENCES rowferry_schemas (sha256);
