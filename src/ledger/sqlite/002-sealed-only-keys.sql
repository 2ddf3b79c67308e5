-- Keys that are good for sealed requests alone.
ALTER TABLE rowferry_keys ADD COLUMN sealed_only INTEGER NOT NULL DEFAULT 0;
