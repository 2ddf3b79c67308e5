-- The load that took a reject again, null while it is open; docs/rejects.md.
ALTER TABLE rowferry.rejects ADD COLUMN retry_load TEXT;
