import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContent, utf8 } from '../../ingest/fixture.ts';
import { mysqlTarget } from '../engines.ts';
import { counts, runReconcile, told } from '../reconcile.ts';
import { openRig } from '../rig.ts';

const rig = await openRig(mysqlTarget);
runReconcile(rig);

test('columns that have become types which only the database can read', async () => {
  await rig.rows('CREATE TABLE r_retyped (id INT PRIMARY KEY, e VARCHAR(20), j VARCHAR(20), b VARCHAR(20))');
  const content = 'id,e,j,b\n1,one,[1],Ann\n2,three,[,Bob\n3,two,{},Cid\n4,four,{},Dee\n';
  const { id } = await loadContent(rig.ingest, content, { table: 'r_retyped' });
  await rig.rows('DELETE FROM r_retyped WHERE id = 4');
  await rig.rows("UPDATE r_retyped SET e = 'one', j = '[1]'");
  await rig.rows("ALTER TABLE r_retyped MODIFY e ENUM('one','two'), MODIFY j JSON, MODIFY b VARBINARY(20)");
  const receipt = await rig.ingest.reconcile(id, {
    offset: 0,
    line: 0,
    bytes: utf8(content),
    last: true,
    resend: null,
  });
  assert.equal(counts(receipt), '4 = 0 + 1 + 1 + 2');
  assert.deepEqual(told(receipt), [
    'changed 3 e: three / one j: [ / [1]',
    'changed 4 e: two / one j: {} / [1]',
    'missing 5',
  ]);
});
