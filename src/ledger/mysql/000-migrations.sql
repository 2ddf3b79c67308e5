-- Which migrations were applied.
CREATE TABLE IF NOT EXISTS rowferry_migrations (
  version INT PRIMARY KEY,
  name VARCHAR(100) NOT NULL,
  applied_at VARCHAR(30) NOT NULL
) ENGINE = InnoDB CHARACTER SET ascii COLLATE ascii_bin;
