import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { CASES, compareWays } from './check-ways.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-decided-'));
after(() => rmSync(folder, { recursive: true, maxRetries: 3 }));

const ways = {
  folder,
  urls: [`sqlite:${join(folder, 'decided.sqlite')}`, `sqlite:${join(folder, 'inserted.sqlite')}`] as const,
  hiddenRule: 'CREATE INDEX hidden ON things (up) WHERE up > 1',
  run: async (url: string, sql: string) => {
    const db = new DatabaseSync(url.slice('sqlite:'.length));
    db.exec(sql);
    db.close();
  },
};

for (let seed = 0; seed < CASES; seed++) {
  test(`rows that are decided and rows that are inserted come to the same: ${seed}`, () =>
    compareWays(ways, seed));
}
