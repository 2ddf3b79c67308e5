import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';
import { roundTrips } from './round-trip.ts';
import { SQLITE_TYPES } from './sqlite-types.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-round-trip-'));
after(() => rmSync(folder, { recursive: true, maxRetries: 3 }));
const path = join(folder, 'types.sqlite');

await roundTrips(
  {
    url: `sqlite:${path}`,
    run: async (sql) => {
      const db = new DatabaseSync(path);
      db.exec(`PRAGMA journal_mode=WAL; ${sql}`);
      db.close();
    },
  },
  SQLITE_TYPES,
);
