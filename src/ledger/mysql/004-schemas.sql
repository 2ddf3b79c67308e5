-- Table Schemas that files were announced with, each once: a load names its own by the SHA-256.
CREATE TABLE IF NOT EXISTS rowferry_schemas (
  sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  document MEDIUMTEXT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- MySQL has no ADD COLUMN IF NOT EXISTS.
SET @rowferry_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = 'rowferry_loads' AND column_name = 'schema_sha256') = 0,
  'ALTER TABLE rowferry_loads ADD COLUMN schema_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin',
  'DO 0'
);

PREPARE rowferry_ddl FROM @rowferry_ddl;

EXECUTE rowferry_ddl;

DEALLOCATE PREPARE rowferry_ddl;
