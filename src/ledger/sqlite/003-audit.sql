-- Entries are added at the end and never changed: see docs/audit.md.
CREATE TABLE rowferry_audit (
  sequence INTEGER PRIMARY KEY CHECK (sequence BETWEEN 1 AND 9007199254740991),
  time TEXT NOT NULL,
  event TEXT NOT NULL,
  owner TEXT,
  key_id TEXT,
  address TEXT,
  subject TEXT,
  detail TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
);

CREATE TRIGGER rowferry_audit_no_update BEFORE UPDATE ON rowferry_audit
BEGIN SELECT raise(ABORT, 'rowferry_audit is append-only'); END;

CREATE TRIGGER rowferry_audit_no_delete BEFORE DELETE ON rowferry_audit
BEGIN SELECT raise(ABORT, 'rowferry_audit is append-only'); END;

-- INSERT OR REPLACE deletes without asking the trigger above (sqlite.org/lang_conflict.html).
CREATE TRIGGER rowferry_audit_at_the_end BEFORE INSERT ON rowferry_audit
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM rowferry_audit)
BEGIN SELECT raise(ABORT, 'rowferry_audit is append-only'); END;
