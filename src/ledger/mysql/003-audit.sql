-- Entries are added at the end and never changed: see docs/audit.md. Without triggers, which an ordinary user may not
-- make where MySQL writes a binary log; grant the server's user SELECT and INSERT only.
CREATE TABLE IF NOT EXISTS rowferry_audit (
  sequence BIGINT PRIMARY KEY CHECK (sequence BETWEEN 1 AND 9007199254740991),
  time VARCHAR(30) NOT NULL,
  event VARCHAR(100) NOT NULL,
  owner MEDIUMTEXT,
  key_id MEDIUMTEXT,
  address MEDIUMTEXT,
  subject MEDIUMTEXT,
  detail MEDIUMTEXT NOT NULL,
  previous CHAR(64) NOT NULL,
  hash CHAR(64) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
