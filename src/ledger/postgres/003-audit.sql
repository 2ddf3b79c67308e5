-- Entries are added at the end and never changed: see docs/audit.md.
CREATE TABLE rowferry.audit (
  sequence BIGINT PRIMARY KEY CHECK (sequence BETWEEN 1 AND 9007199254740991),
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

CREATE FUNCTION rowferry.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rowferry.audit is append-only'; END $$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rowferry.audit
FOR EACH STATEMENT EXECUTE FUNCTION rowferry.audit_is_append_only();
