-- What backups tell their database by, whatever its address; and the last run of each schedule, which every server looks at.
CREATE TABLE rowferry_database (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL
);

INSERT INTO rowferry_database (one, id) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE rowferry_schedules (
  name TEXT PRIMARY KEY,
  due TEXT NOT NULL,
  place TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  beat INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  detail TEXT
);
