-- The indexes by which left requests and old answers are found.
SET @rowferry_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.statistics
   WHERE table_schema = DATABASE() AND table_name = 'rowferry_answers' AND index_name = 'rowferry_answers_lease') = 0,
  'CREATE INDEX rowferry_answers_lease ON rowferry_answers (lease)',
  'DO 0'
);

PREPARE rowferry_ddl FROM @rowferry_ddl;

EXECUTE rowferry_ddl;

SET @rowferry_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.statistics
   WHERE table_schema = DATABASE() AND table_name = 'rowferry_answers' AND index_name = 'rowferry_answers_created_at') = 0,
  'CREATE INDEX rowferry_answers_created_at ON rowferry_answers (created_at)',
  'DO 0'
);

PREPARE rowferry_ddl FROM @rowferry_ddl;

EXECUTE rowferry_ddl;

DEALLOCATE PREPARE rowferry_ddl;
