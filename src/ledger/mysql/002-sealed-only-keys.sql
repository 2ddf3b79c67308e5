-- Keys, some of them good for sealed requests alone.
CREATE TABLE IF NOT EXISTS rowferry_keys (
  id VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
  owner VARCHAR(64) NOT NULL,
  name MEDIUMTEXT NOT NULL,
  scopes MEDIUMTEXT NOT NULL,
  wrapped VARBINARY(1000) NOT NULL,
  created_at VARCHAR(30) NOT NULL,
  expires_at VARCHAR(30) NOT NULL,
  revoked_at VARCHAR(30),
  last_used_at VARCHAR(30),
  sealed_only TINYINT NOT NULL DEFAULT 0
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
