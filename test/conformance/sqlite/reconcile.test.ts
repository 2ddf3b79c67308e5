import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContent, utf8 } from '../../ingest/fixture.ts';
import { sqliteTarget } from '../engines.ts';
import { counts, runReconcile, told } from '../reconcile.ts';
import { openRig } from '../rig.ts';

const rig = await openRig(sqliteTarget);
runReconcile(rig);

test('a type that was declared anew says nothing of the values that are there', async () => {
  await rig.rows(
    'CREATE TABLE r_first (id INTEGER PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), c VARCHAR(20))',
  );
  const content = 'id,a,b,c\n1,Ann,hello,day\n2,Barbara,5,day\n';
  const { id } = await loadContent(rig.ingest, content, { table: 'r_first' });
  await rig.rows('ALTER TABLE r_first RENAME TO r_before');
  await rig.rows('CREATE TABLE r_first (id INTEGER PRIMARY KEY, a VARCHAR(3), b BLOB, c DATE)');
  await rig.rows('INSERT INTO r_first SELECT * FROM r_before');
  const slice = () => ({ offset: 0, line: 0, bytes: utf8(content), last: true, resend: null });
  assert.equal(counts(await rig.ingest.reconcile(id, slice())), '2 = 0 + 2 + 0 + 0');
  await rig.rows("UPDATE r_first SET a = 'Bar' WHERE id = 2");
  assert.deepEqual(told(await rig.ingest.reconcile(id, slice())), ['changed 3 a: Barbara / Bar']);
});
