import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContent, utf8 } from '../../ingest/fixture.ts';
import { mysqlTarget } from '../engines.ts';
import { counts, runReconcile, told } from '../reconcile.ts';
import { openRig } from '../rig.ts';

const rig = await openRig(mysqlTarget);
runReconcile(rig);

test('columns that have become types which only the database can read', async () => {
  await rig.rows('CREATE TABLE r_retyped (id INT PRIMARY KEY, e VARCHAR(20), j VARCHAR(20), l VARCHAR(20))');
  const content = 'id,e,j,l\n1,one,[1],é\n2,three,[,日\n3,two,{},月\n4,four,{},é\n5,one,[1],é\n';
  const { id } = await loadContent(rig.ingest, content, { table: 'r_retyped' });
  await rig.rows('DELETE FROM r_retyped WHERE id = 4');
  await rig.rows("UPDATE r_retyped SET e = IF(id = 5, 'two', 'one'), j = '[1]', l = 'é'");
  await rig.rows(
    "ALTER TABLE r_retyped MODIFY e ENUM('one','two'), MODIFY j JSON, MODIFY l VARCHAR(9) CHARACTER SET latin1",
  );
  const receipt = await rig.ingest.reconcile(id, {
    offset: 0,
    line: 0,
    bytes: utf8(content),
    last: true,
    resend: null,
  });
  assert.equal(counts(receipt), '5 = 0 + 1 + 1 + 3');
  assert.deepEqual(told(receipt), [
    'changed 3 e: three / one j: [ / [1] l: 日 / é',
    'changed 4 e: two / one j: {} / [1] l: 月 / é',
    'missing 5',
    'changed 6 e: one / two',
  ]);
});
