-- The load that took a reject again, null while it is open; docs/rejects.md.
SET @rowferry_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = 'rowferry_rejects' AND column_name = 'retry_load') = 0,
  'ALTER TABLE rowferry_rejects ADD COLUMN retry_load CHAR(26) CHARACTER SET ascii COLLATE ascii_bin',
  'DO 0'
);

PREPARE rowferry_ddl FROM @rowferry_ddl;

EXECUTE rowferry_ddl;

DEALLOCATE PREPARE rowferry_ddl;
