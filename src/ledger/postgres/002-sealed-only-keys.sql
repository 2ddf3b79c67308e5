-- Keys, some of them good for sealed requests alone.
CREATE TABLE rowferry.keys (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  wrapped BYTEA NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  revoked_at TEXT,
  last_used_at TEXT,
  sealed_only INTEGER NOT NULL DEFAULT 0
);
