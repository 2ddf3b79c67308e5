import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { refine } from '../../../src/dictionary/schema/refine.ts';
import { readSchema } from '../../../src/dictionary/schema/schema.ts';
import { schemaOf } from '../../../src/dictionary/schema/write.ts';
import { openIngest } from '../../../src/ingest/open-ingest.ts';
import { createLog } from '../../../src/log.ts';
import { mysqlTarget, postgresTarget, sqliteTarget } from '../../conformance/engines.ts';

const home = mkdtempSync(join(tmpdir(), 'rowferry-schemas-'));
after(() => rmSync(home, { recursive: true }));

const utf8 = (text: string) => new TextEncoder().encode(text);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

for (const [name, newTarget] of [
  ['SQLite', sqliteTarget],
  ['PostgreSQL', postgresTarget],
  ['MySQL or MariaDB', mysqlTarget],
] as const) {
  describe(name, () => {
    test('the schema of every table refines it to itself', async () => {
      const connection = await openDatabase((await newTarget()).url);
      try {
        const tables = await connection.introspect();
        assert.ok(tables.length > 10);
        for (const table of tables) {
          const document = JSON.parse(JSON.stringify(schemaOf(table)));
          assert.deepEqual(refine(table, readSchema(document)), table, table.name);
        }
      } finally {
        await connection.close();
      }
    });

    test('a load keeps its schema in the ledger, and another server goes on with it', async () => {
      const { url } = await newTarget();
      const config = loadConfig({ home, databaseUrl: url }, {});
      const open = () => openIngest({ config, log: createLog({ destination: { write: () => {} } }) });
      const bytes = utf8('id,small,price,note\n1,1,"1,5",a\n2,9,"1,5",b\n3,9,"0,5",c\n4,8,"2,0",d\n');
      const schema = {
        fields: [
          { name: 'small', constraints: { maximum: 8 } },
          { name: 'price', type: 'number', decimalChar: ',', constraints: { minimum: 1 } },
        ],
      };
      const first = await open();
      const said = {
        table: 'kinds',
        name: 'k.csv',
        size: bytes.length,
        sha256: sha256(bytes),
        owner: 'o',
        schema,
      };
      const { load } = await first.announce(said);
      await first.part(load.id, { offset: 0, bytes: bytes.slice(0, 36), last: false });
      await first.close();
      const second = await open();
      try {
        const { load: known } = await second.announce(said);
        const { offset, schema: kept } = await second.load(known.id);
        assert.deepEqual([known.id, kept], [load.id, sha256(utf8(JSON.stringify(schema)))]);
        const last = await second.part(load.id, { offset, bytes: bytes.slice(offset), last: true });
        assert.deepEqual([last.inserted, last.rejected], [2, 2]);
        const reasons = last.rejects.flatMap(({ line, errors }) =>
          errors.map(({ code, column }) => `${line} ${code} ${column}`),
        );
        assert.deepEqual(reasons, ['3 range small', '4 range small', '4 range price']);
      } finally {
        await second.close();
      }
    });
  });
}
