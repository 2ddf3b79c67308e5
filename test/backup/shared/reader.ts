import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Signer } from '../../../src/backup/manifest.ts';
import { pushRows, readBackup } from '../../../src/backup/read-backup.ts';
import { engineOf } from '../../../src/database/open.ts';
import type { RowTarget } from '../../../src/database/snapshot.ts';
import { SIGNING_KEY } from '../fixture.ts';
import { soon } from './home.ts';
import type { Tested } from './references.ts';

/** Who counts while a table is restored: between any two of its steps, and all the while. */

const ROWS = 8000;
const LEFT = 1000;

const tables = (action: string): string =>
  `CREATE TABLE t (id integer PRIMARY KEY, a varchar(200));
   INSERT INTO t VALUES ${Array.from({ length: ROWS }, (_, i) => `(${i}, '${'a'.repeat(150)}${i}')`).join(', ')};
   CREATE TABLE children (id integer PRIMARY KEY, t integer${action === '' ? '' : `, FOREIGN KEY (t) REFERENCES t (id) ON DELETE ${action}`});
   INSERT INTO children VALUES (1, 3), (2, NULL);`;

export function runReader({ who, open }: Pick<Tested, 'who' | 'open'>): void {
  for (const action of ['', 'NO ACTION', 'CASCADE']) {
    const of = action === '' ? 'a table' : `parents with ON DELETE ${action}`;
    test(`${who}: a reader of ${of} sees the old rows at every step of a restore, and the new ones behind its last`, async (t) => {
      const home = await open(t, tables(action));
      const { file } = await home.backUp('t');
      await home.run(`DELETE FROM t WHERE id >= ${LEFT}`);
      const path = join(home.path, file);
      const { facts } = await readBackup(path, new Signer(SIGNING_KEY));
      const engine = await engineOf(home.url);
      const replacement = await engine.openReplacement(home.url, 't');
      t.after(() => replacement.close());
      const seen: number[] = [];
      const count = async (): Promise<number> =>
        Number((await soon(home.rows('SELECT count(*) FROM t'), 'the reader waits'))[0]?.[0]);
      const look = async (step: Promise<unknown> = Promise.resolve()): Promise<void> => {
        await step;
        seen.push(await count());
      };
      await look();
      await look(replacement.strategy(facts));
      await look(replacement.snapshot.table('t', false));
      const target = await replacement.clear(facts);
      await look();
      await pushRows(path, facts, flushing(target, look));
      await look(replacement.finish(facts));
      assert.ok(seen.length > 6, `${seen.length} looks`);
      assert.deepEqual([...new Set(seen)], [LEFT]);
      await replacement.commit();
      assert.equal(await count(), ROWS);
    });
  }

  test(`${who}: a reader that counts all the while sees the old rows, then the new ones, and never a part`, async (t) => {
    const home = await open(t, tables('NO ACTION'));
    const { id } = await home.backUp('t');
    await home.run(`DELETE FROM t WHERE id >= ${LEFT}`);
    let over = false;
    const restored = home.restore('t', id).finally(() => {
      over = true;
    });
    const seen: number[] = [];
    const count = async (): Promise<void> =>
      void seen.push(Number((await home.rows('SELECT count(*) FROM t'))[0]?.[0]));
    while (!over) await count();
    await restored;
    await count();
    assert.deepEqual([...new Set(seen)], [LEFT, ROWS]);
  });
}

/** Calls `look` whenever rows were handed over. */
function flushing(target: RowTarget, look: (step: Promise<unknown>) => Promise<void>): RowTarget {
  return new Proxy(target, {
    get: (of, name) => {
      if (name === 'flush') return () => look(of.flush());
      const found: unknown = Reflect.get(of, name);
      return typeof found === 'function' ? found.bind(of) : found;
    },
  });
}
