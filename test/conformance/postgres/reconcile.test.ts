import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContent, utf8 } from '../../ingest/fixture.ts';
import { postgresTarget } from '../engines.ts';
import { runReconcile, told } from '../reconcile.ts';
import { openRig } from '../rig.ts';

const rig = await openRig(postgresTarget);
runReconcile(rig);

const held = (load: string, content: string) =>
  rig.ingest.reconcile(load, { offset: 0, line: 0, bytes: utf8(content), last: true, resend: null });

test('values without an equality of their own are compared as they are written', async () => {
  await rig.rows('CREATE TABLE r_documents (id integer PRIMARY KEY, document json)');
  const content = 'id,document\n1,"{""a"":1}"\n2,"{""a"":2}"\n';
  const { id } = await loadContent(rig.ingest, content, { table: 'r_documents' });
  const { found, changed } = await held(id, content);
  assert.deepEqual({ found, changed }, { found: 2, changed: 0 });
  await rig.rows(`UPDATE r_documents SET document = '{"a": 2}' WHERE id = 2`);
  const differs = await held(id, content);
  assert.deepEqual([differs.found, differs.changed], [1, 1]);
});

test('columns that have become types which only the database can read', async () => {
  const columns = 'a text, x text, l text, j text';
  await rig.rows(`CREATE TABLE r_retyped (id integer PRIMARY KEY, ${columns})`);
  const content =
    'id,a,x,l,j\n1,10.0.0.1,<a/>,{b},"{""a"":1}"\n2,hello,<a>,b,{a:\n3,10.0.0.3,<b/>,{},[1]\n4,x,y,z,\n';
  const { id } = await loadContent(rig.ingest, content, { table: 'r_retyped' });
  await rig.rows('DELETE FROM r_retyped WHERE id = 4');
  await rig.rows(`UPDATE r_retyped SET a = '10.0.0.1', x = '<a/>', l = '{b}', j = '{"a": 1}'`);
  for (const [name, type] of Object.entries({ a: 'inet', x: 'xml', l: 'text[]', j: 'jsonb' }))
    await rig.rows(`ALTER TABLE r_retyped ALTER ${name} TYPE ${type} USING ${name}::${type}`);
  const receipt = await held(id, content);
  assert.deepEqual([receipt.found, receipt.missing, receipt.changed], [1, 1, 2]);
  assert.deepEqual(told(receipt), [
    'changed 3 a: hello / 10.0.0.1/32 x: <a> / <a/> l: b / {b} j: {a: / {"a": 1}',
    'changed 4 a: 10.0.0.3/32 / 10.0.0.1/32 x: <b/> / <a/> l: {} / {b} j: [1] / {"a": 1}',
    'missing 5',
  ]);
});
