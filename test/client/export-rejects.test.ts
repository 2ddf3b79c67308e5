import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportRejects } from '../../src/client/export-rejects.ts';
import { resolveDialect } from '../../src/csv/dialect.ts';

/** What an export writes of each reject. */

const errors = [{ code: 'encoding', column: 'v', value: '=1', message: '@x' }] as const;
const LATIN = Uint8Array.of(0x31, 0x2c, 0xe9);
const REJECTS = [
  {
    index: 0,
    line: 2,
    byteOffset: 4,
    raw: '1,\uFFFD',
    rawBase64: Buffer.from(LATIN).toString('base64'),
    errors,
  },
  { index: 1, line: 3, byteOffset: 8, raw: '2,é', errors },
];

async function exported(format: 'raw' | 'csv', header: boolean): Promise<Buffer> {
  const load = { dialect: resolveDialect({ header }), columns: ['id', 'v'] };
  const pages = (async function* () {
    for (const reject of REJECTS) yield [reject];
  })();
  const chunks: Buffer[] = [];
  for await (const chunk of exportRejects(format, load, pages)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const ROWS = Buffer.concat([LATIN, Buffer.from('\n2,é\n')]);

test('raw: the bytes as they came, also those that are no UTF-8; a header where the content had one', async () => {
  assert.deepEqual(await exported('raw', false), ROWS);
  assert.deepEqual(await exported('raw', true), Buffer.concat([Buffer.from('id,v\n'), ROWS]));
});

test('csv: one reason a line, and no cell is a formula', async () => {
  const [, first] = (await exported('csv', true)).toString().split(/\r?\n/);
  assert.equal(first, "2,4,v,'=1,encoding,'@x");
});
