-- A row for each kind of change whose transactions take turns: they lock it. See takeTurn in src/ledger/queries.ts.
CREATE TABLE rowferry.turns (
  name TEXT PRIMARY KEY
);

INSERT INTO rowferry.turns (name) VALUES ('keys'), ('audit');

CREATE TABLE rowferry.loads (
  id TEXT PRIMARY KEY,
  table_name TEXT NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  -- '' for an announced file; owner and Idempotency-Key of a request's body, which may come again on purpose
  request TEXT NOT NULL,
  mode TEXT NOT NULL,
  atomic INTEGER NOT NULL,
  max_rejects TEXT,
  dialect TEXT,
  columns TEXT,
  state TEXT NOT NULL,
  -- where the next part starts: byte of the content, 0-based physical line
  position BIGINT NOT NULL,
  next_line BIGINT NOT NULL,
  read BIGINT NOT NULL,
  inserted BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  reasons TEXT NOT NULL,
  strategy TEXT,
  detail TEXT,
  parent TEXT,
  fence BIGINT NOT NULL,
  lease TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (table_name, sha256, request),
  CHECK (read = inserted + updated + skipped + rejected)
);

CREATE TABLE rowferry.batches (
  load_id TEXT NOT NULL REFERENCES rowferry.loads (id),
  first_byte BIGINT NOT NULL,
  end_byte BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  read BIGINT NOT NULL,
  inserted BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  committed_at TEXT NOT NULL,
  PRIMARY KEY (load_id, first_byte),
  CHECK (read = inserted + updated + skipped + rejected)
);

CREATE TABLE rowferry.rejects (
  load_id TEXT NOT NULL REFERENCES rowferry.loads (id),
  -- 0-based ordinal among the records of the load
  record BIGINT NOT NULL,
  line BIGINT NOT NULL,
  byte_offset BIGINT NOT NULL,
  raw BYTEA NOT NULL,
  errors TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (load_id, record)
);

CREATE TABLE rowferry.answers (
  owner TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  state TEXT NOT NULL,
  fence BIGINT NOT NULL,
  lease TEXT,
  status INTEGER,
  body TEXT,
  created_at TEXT NOT NULL,
  PRIMARY KEY (owner, idempotency_key)
);
