-- DDL commits by itself here, so each statement may run again after a start that was cut short.
-- Identifiers of ours are ASCII; other text compares byte by byte.

-- A row for each kind of change whose transactions take turns: they lock it. See takeTurn in src/ledger/queries.ts.
CREATE TABLE IF NOT EXISTS rowferry_turns (
  name VARCHAR(20) PRIMARY KEY
) ENGINE = InnoDB CHARACTER SET ascii COLLATE ascii_bin;

INSERT INTO rowferry_turns (name) VALUES ('keys'), ('audit') ON DUPLICATE KEY UPDATE name = VALUES(name);

CREATE TABLE IF NOT EXISTS rowferry_loads (
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  table_name VARCHAR(64) NOT NULL,
  name MEDIUMTEXT NOT NULL,
  owner VARCHAR(64) NOT NULL,
  size BIGINT NOT NULL,
  sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- '' for an announced file; owner and Idempotency-Key of a request's body, which may come again on purpose
  request VARCHAR(160) NOT NULL,
  mode VARCHAR(10) NOT NULL,
  atomic TINYINT NOT NULL,
  max_rejects VARCHAR(20),
  dialect MEDIUMTEXT,
  `columns` MEDIUMTEXT,
  state VARCHAR(30) NOT NULL,
  -- where the next part starts: byte of the content, 0-based physical line
  position BIGINT NOT NULL,
  next_line BIGINT NOT NULL,
  `read` BIGINT NOT NULL,
  inserted BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  reasons MEDIUMTEXT NOT NULL,
  strategy TEXT,
  detail MEDIUMTEXT,
  parent CHAR(26) CHARACTER SET ascii COLLATE ascii_bin,
  fence BIGINT NOT NULL,
  lease VARCHAR(30),
  created_at VARCHAR(30) NOT NULL,
  updated_at VARCHAR(30) NOT NULL,
  UNIQUE KEY content (table_name, sha256, request),
  CHECK (`read` = inserted + updated + skipped + rejected)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS rowferry_batches (
  load_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  first_byte BIGINT NOT NULL,
  end_byte BIGINT NOT NULL,
  sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `read` BIGINT NOT NULL,
  inserted BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  committed_at VARCHAR(30) NOT NULL,
  PRIMARY KEY (load_id, first_byte),
  FOREIGN KEY (load_id) REFERENCES rowferry_loads (id),
  CHECK (`read` = inserted + updated + skipped + rejected)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS rowferry_rejects (
  load_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- 0-based ordinal among the records of the load
  record BIGINT NOT NULL,
  line BIGINT NOT NULL,
  byte_offset BIGINT NOT NULL,
  raw LONGBLOB NOT NULL,
  errors LONGTEXT NOT NULL,
  state VARCHAR(10) NOT NULL,
  PRIMARY KEY (load_id, record),
  FOREIGN KEY (load_id) REFERENCES rowferry_loads (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS rowferry_answers (
  owner VARCHAR(64) NOT NULL,
  idempotency_key VARCHAR(64) NOT NULL,
  fingerprint MEDIUMTEXT NOT NULL,
  body_sha256 CHAR(64) NOT NULL,
  state VARCHAR(10) NOT NULL,
  fence BIGINT NOT NULL,
  lease VARCHAR(30),
  status INT,
  body LONGTEXT,
  created_at VARCHAR(30) NOT NULL,
  PRIMARY KEY (owner, idempotency_key)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
