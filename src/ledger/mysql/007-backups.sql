-- What backups tell their database by, whatever its address; and the last run of each schedule, which every server looks at.
CREATE TABLE IF NOT EXISTS rowferry_database (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id CHAR(32) NOT NULL
) ENGINE = InnoDB CHARACTER SET ascii COLLATE ascii_bin;

-- Of a UUID, which has the address of the machine in it, only the hash.
INSERT IGNORE INTO rowferry_database (one, id) VALUES (1, md5(concat(uuid(), rand(), rand())));

CREATE TABLE IF NOT EXISTS rowferry_schedules (
  name VARCHAR(30) PRIMARY KEY,
  due VARCHAR(30) NOT NULL,
  place VARCHAR(64) NOT NULL,
  state VARCHAR(30) NOT NULL,
  attempts INTEGER NOT NULL,
  beat INTEGER NOT NULL,
  started_at VARCHAR(30) NOT NULL,
  finished_at VARCHAR(30),
  detail MEDIUMTEXT
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
