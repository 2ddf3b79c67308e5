import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContent, utf8 } from '../../ingest/fixture.ts';
import { postgresTarget } from '../engines.ts';
import { runReconcile } from '../reconcile.ts';
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
