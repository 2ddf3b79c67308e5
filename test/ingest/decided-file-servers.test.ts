import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';
import { compareWays, TELLING_CASES } from './check-ways.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-decided-'));
after(() => rmSync(folder, { recursive: true, maxRetries: 3 }));

for (const [engine, start, hiddenRule] of [
  ['postgres', testPostgres, 'CREATE INDEX hidden ON things (up) WHERE up > 1'],
  ['mysql', testMysql, 'CREATE INDEX hidden ON things (body(3))'],
] as const) {
  test(`${engine}: rows that are decided and rows that are inserted come to the same`, async (t) => {
    const server = await start();
    const urls = [await server.freshDatabase(), await server.freshDatabase()] as const;
    const ways = { folder, urls, hiddenRule, run: server.run };
    for (const seed of TELLING_CASES) await t.test(`${seed}`, () => compareWays(ways, seed));
  });
}
