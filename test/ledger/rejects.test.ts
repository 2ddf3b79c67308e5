import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { insertLoad } from '../../src/ledger/loads.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import {
  eachReject,
  insertRejects,
  listRejects,
  pageOfRejects,
  type RejectPage,
} from '../../src/ledger/rejects.ts';
import { ulid } from '../../src/lib/ulid.ts';
import type { Reject } from '../../src/model/reject.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';

/** What is kept of rejects is what was found, on every engine. */

const folder = mkdtempSync(join(tmpdir(), 'rowferry-rejects-'));
after(() => rmSync(folder, { recursive: true }));

const ENGINES: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(folder, 'ledger.sqlite')}`,
  PostgreSQL: async () => (await testPostgres()).freshDatabase(),
  'MySQL or MariaDB': async () => (await testMysql()).freshDatabase(),
};

function reject(index: number, raw: Uint8Array, texts: readonly string[] = ['x']): Reject {
  const errors = texts.map(
    (text) => ({ code: 'database', column: text, value: text, message: text }) as const,
  );
  return { index, line: index + 1, byteOffset: index * 2 ** 33, raw, errors };
}

async function newLoad(connection: Connection): Promise<string> {
  const id = ulid();
  const load = { table: 't', name: 'n', owner: 'o', size: 1, sha256: id, request: '' } as const;
  await insertLoad(connection, {
    id,
    ...load,
    mode: 'insert',
    atomic: false,
    maxRejects: null,
    parent: null,
  });
  return id;
}

/** As the ledger gives those that nobody has tried again. */
const openOnes = (rejects: readonly Reject[]) =>
  rejects.map((reject) => ({ ...reject, state: 'open', retryLoad: null }));

async function keptOf(connection: Connection, rejects: readonly Reject[]): Promise<Reject[]> {
  const load = await newLoad(connection);
  await connection.transaction(() => insertRejects(connection, load, rejects), { write: true });
  const kept = await listRejects(connection, load, { limit: 10_000 });
  return kept.map((each) => ({ ...each, raw: new Uint8Array(each.raw) }));
}

for (const [name, freshDatabase] of Object.entries(ENGINES)) {
  describe(name, () => {
    let connection: Connection;
    before(async () => {
      connection = await openDatabase(await freshDatabase());
      await migrate(connection);
    });
    after(() => connection.close());

    for (const count of [0, 1, 255, 256, 257, 1000]) {
      test(`${count} rejects, in the order of their records`, async () => {
        const rejects = Array.from({ length: count }, (_, i) => reject(i * 3, Uint8Array.of(i & 255, 0)));
        assert.deepEqual(await keptOf(connection, rejects), openOnes(rejects));
      });
    }

    test('records of a MiB each are more than one statement takes', async () => {
      const rejects = Array.from({ length: 20 }, (_, i) => reject(i, new Uint8Array(1 << 20).fill(i + 200)));
      assert.deepEqual(await keptOf(connection, rejects), openOnes(rejects));
    });

    test('a thousand reasons for each record are more than one statement takes', async () => {
      const reasons = Array<string>(1000).fill('"\\'.repeat(20));
      const rejects = Array.from({ length: 60 }, (_, i) => reject(i, Uint8Array.of(i), reasons));
      assert.deepEqual(await keptOf(connection, rejects), openOnes(rejects));
    });

    test('a page holds so many bytes, or one reject; the cursor goes on behind it', async () => {
      const load = await newLoad(connection);
      const sizes = [1, 5 << 20, 1, 1, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1];
      await insertRejects(
        connection,
        load,
        sizes.map((size, i) => reject(i * 2, new Uint8Array(size))),
      );
      const pages: number[][] = [];
      for (let after: number | null = -1; after !== null; ) {
        const page: RejectPage = await pageOfRejects(connection, load, { limit: 4, after });
        pages.push(page.rejects.map(({ index }) => index));
        after = page.next;
      }
      assert.deepEqual(pages, [[0], [2], [4, 6, 8, 10], [12, 14, 16]]);
      const indexes: number[] = [];
      for await (const { index } of eachReject(connection, load, { skip: 2 })) indexes.push(index);
      assert.deepEqual(indexes, [4, 6, 8, 10, 12, 14, 16]);
    });

    test('any bytes and any text come back', async () => {
      const texts = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 });
      const records = fc.array(fc.tuple(fc.uint8Array(), texts), { maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(records, async (found) => {
          const rejects = found.map(([raw, reasons], i) => reject(i, raw, reasons));
          assert.deepEqual(await keptOf(connection, rejects), openOnes(rejects));
        }),
        { numRuns: 30, examples: [[[[Uint8Array.of(), ['\u0000\ud800"\\\'\u2028?$1\n']]]]] },
      );
    });

    test('they go with the transaction they came in', async () => {
      const load = await newLoad(connection);
      const failing = connection.transaction(
        async () => {
          await insertRejects(connection, load, [reject(1, Uint8Array.of(1))]);
          throw new Error('taken back');
        },
        { write: true },
      );
      await assert.rejects(failing, /taken back/);
      assert.deepEqual(await listRejects(connection, load, { limit: 10 }), []);
    });
  });
}
