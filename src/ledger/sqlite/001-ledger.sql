CREATE TABLE rowferry_loads (
  id TEXT PRIMARY KEY,
  table_name TEXT NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  size INTEGER NOT NULL,
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
  position INTEGER NOT NULL,
  next_line INTEGER NOT NULL,
  read INTEGER NOT NULL,
  inserted INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  reasons TEXT NOT NULL,
  strategy TEXT,
  detail TEXT,
  parent TEXT,
  fence INTEGER NOT NULL,
  lease TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (table_name, sha256, request),
  CHECK (read = inserted + updated + skipped + rejected)
);

CREATE TABLE rowferry_batches (
  load_id TEXT NOT NULL REFERENCES rowferry_loads (id),
  first_byte INTEGER NOT NULL,
  end_byte INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  read INTEGER NOT NULL,
  inserted INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  committed_at TEXT NOT NULL,
  PRIMARY KEY (load_id, first_byte),
  CHECK (read = inserted + updated + skipped + rejected)
);

CREATE TABLE rowferry_rejects (
  load_id TEXT NOT NULL REFERENCES rowferry_loads (id),
  -- 0-based ordinal among the records of the load
  record INTEGER NOT NULL,
  line INTEGER NOT NULL,
  byte_offset INTEGER NOT NULL,
  raw BLOB NOT NULL,
  errors TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (load_id, record)
);

CREATE TABLE rowferry_answers (
  owner TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  state TEXT NOT NULL,
  fence INTEGER NOT NULL,
  lease TEXT,
  status INTEGER,
  body TEXT,
  created_at TEXT NOT NULL,
  PRIMARY KEY (owner, idempotency_key)
);

CREATE TABLE rowferry_keys (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  revoked_at TEXT,
  last_used_at TEXT
);
