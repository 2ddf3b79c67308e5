import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../server/harness.ts';
import type { ServerHome } from '../shared/home.ts';
import { kill, runKills } from '../shared/kills.ts';
import { contentOf, mysqlHome, mysqlHomeAlone } from './fixture.ts';

runKills({ who: 'MariaDB', openAlone: mysqlHomeAlone, contentOf });

const ROWS = `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(80));
  INSERT INTO t SELECT seq, sha2(seq, 256) FROM seq_1_to_16000`;

test('kill -9 in the middle of a restore of a missing table: it is not there, and what was made for it goes', async (t) => {
  const home = await mysqlHome(t, ROWS);
  const saved = await contentOf(home, 't');
  const { id, file } = await home.backUp('t');
  await home.run('DROP TABLE t');
  await kill('restoreHalf', home, { file });
  const tables = (): Promise<unknown[][]> => home.rows('SHOW TABLES');
  const [left, ...others] = (await tables()).flat();
  assert.match(String(left), /^rowferry_restore_/);
  assert.deepEqual(others, []);
  await eventually(async () => !(await locked(home, String(left))), 'the server saw that the victim is gone');
  await home.restore('t', id);
  assert.deepEqual(await tables(), [['t']]);
  assert.deepEqual(await contentOf(home, 't'), saved);
});

const locked = async (home: ServerHome, name: string): Promise<boolean> =>
  (await home.rows(`SELECT IS_USED_LOCK('${name}')`))[0]?.[0] !== null;
