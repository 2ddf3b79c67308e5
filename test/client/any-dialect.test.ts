import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { loadOne } from '../../src/cli/load-one.ts';
import type { Dialect } from '../../src/model/dialect.ts';
import type { RejectDocument } from '../../src/model/reject.ts';
import { encoded } from '../csv/general/reading.ts';
import { collect, type Rig, startRig } from './rig.ts';

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

type Content = string | Uint8Array;

async function load(name: string, content: Content, dialect: Partial<Dialect>) {
  const path = rig.path(name);
  await writeFile(path, content);
  const result = await rig.client.load(path, { table: 'jobs', dialect, maxRejects: '100%' });
  const rejects = await collect(rig.client.rejects(result.load));
  return { ...result, rejects };
}

const jobsFrom = (first: number) =>
  rig
    .query(`SELECT id, job FROM jobs WHERE id BETWEEN ${first} AND ${first + 99} ORDER BY id`)
    .map(({ id, job }) => [id, job]);

for (const encoding of ['utf-16le', 'utf-16be'] as const) {
  test(`${encoding}: its byte order mark is enough; rejects have their places and raw bytes`, async () => {
    const first = encoding === 'utf-16le' ? 1000 : 1100;
    const rows = `\uFEFFid,job\r\n${first},Café 😀\r\nbad,x\r\n${first + 1},"Ко\nт"\r\n`;
    const { inserted, rejects, dialect } = await load(`${encoding}.csv`, encoded(rows, encoding), {});
    assert.equal(inserted, 2);
    assert.equal(dialect?.encoding, encoding);
    assert.deepEqual(jobsFrom(first), [
      [first, 'Café 😀'],
      [first + 1, 'Ко\nт'],
    ]);
    const [reject] = rejects;
    assert.deepEqual([reject?.line, reject?.byteOffset], [3, 2 * rows.indexOf('bad')]);
    assert.deepEqual(
      Buffer.from(reject?.rawBase64 ?? reject?.raw ?? '', reject?.rawBase64 ? 'base64' : 'utf8'),
      Buffer.from(encoded('bad,x', encoding)),
    );
  });
}

test('windows-1252: characters of its own, and a record of bytes that mean nothing is told', async () => {
  const content = Buffer.from('id;job\n1200;Se\xf1or \x80\n', 'latin1');
  assert.equal((await load('win.csv', content, { delimiter: ';', encoding: 'windows-1252' })).inserted, 1);
  assert.deepEqual(jobsFrom(1200), [[1200, 'Señor €']]);
  const greek = Buffer.from('1201;\xe1\n1202;\xaa\n1203;\xe2\n', 'latin1');
  const { rejects } = await load('greek.csv', greek, { delimiter: ';', encoding: 'windows-1253' });
  assert.deepEqual(
    rejects.map(({ line, byteOffset, errors }) => [line, byteOffset, errors[0]?.code]),
    [[2, 7, 'encoding']],
  );
  assert.deepEqual(
    jobsFrom(1201).map(([, job]) => job),
    ['α', 'β'],
  );
});

test('escapes, and a delimiter of two characters', async () => {
  const escaped = '1300;a\\;b\n1301;"say \\"hi\\""\n1302;c\\\\\n1303;d\\\ne\nx;f\n';
  const { rejects } = await load('escaped.csv', escaped, { delimiter: ';', escapeChar: '\\' });
  assert.deepEqual(jobsFrom(1300), [
    [1300, 'a;b'],
    [1301, 'say "hi"'],
    [1302, 'c\\'],
    [1303, 'd\ne'],
  ]);
  assert.deepEqual(
    rejects.map(({ line, byteOffset, raw }) => [line, byteOffset, raw]),
    [[6, escaped.indexOf('x;f'), 'x;f']],
  );
  await load('pipes.csv', 'job||id\na|b||1400\n', { delimiter: '||' });
  assert.deepEqual(jobsFrom(1400), [[1400, 'a|b']]);
});

test('ragged records are repaired, and one that stays bad for another reason keeps its raw bytes', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${1450 + i},Welder ${i % 10}`);
  const odd = ['1470,,Welder 3', '1471Welder 4', '1450,,Welder 5', 'Welder 7'];
  const content = `${[...rows, ...odd].join('\n')}\n`;
  const { inserted, rejects } = await load('ragged.csv', content, { ragged: 'repair' });
  assert.equal(inserted, 14);
  assert.deepEqual(jobsFrom(1450).slice(12), [
    [1470, 'Welder 3'],
    [1471, 'Welder 4'],
  ]);
  assert.deepEqual(
    rejects.map(({ line, byteOffset, raw, errors }) => [line, byteOffset, raw, errors[0]?.code]),
    [
      [15, content.indexOf('1450,,'), '1450,,Welder 5', 'unique.file'],
      [16, content.indexOf('\nWelder 7') + 1, 'Welder 7', 'columns.few'],
    ],
  );
});

const FRAMED: Partial<Dialect> = {
  delimiter: ';',
  skipRows: 2,
  commentChar: '#',
  skipFooterRows: 2,
  headerRows: [1, 2],
  headerJoin: '',
};

test('a preamble, a header of two rows, comments and a footer; the lines of rejects are those of the file', async () => {
  const content = 'Report "1\n\ni;j\nd;ob\n# note\n1500;a\noops;b\n\n1501;c\nTotal;2\nend;\n';
  const { read, inserted, rejects } = await load('framed.csv', content, FRAMED);
  assert.deepEqual([read, inserted], [3, 2]);
  assert.deepEqual(jobsFrom(1500), [
    [1500, 'a'],
    [1501, 'c'],
  ]);
  assert.deepEqual(
    rejects.map(({ line, byteOffset, raw }) => [line, byteOffset, raw]),
    [[7, content.indexOf('oops'), 'oops;b']],
  );
});

test('of a content of several parts the footer is the end of the last, however it falls', async () => {
  const rows = Array.from({ length: 56_900 }, (_, i) => `${100_000 + i};job ${'x'.repeat(80)}\n`).join('');
  const parts = (1 << 20) + (4 << 20);
  assert.ok(parts - rows.length > 100, `${rows.length} bytes`);
  for (const beyond of [5, 60]) {
    rig.execute('DELETE FROM jobs WHERE id >= 100000');
    // The second part would end in the footer, and leave these bytes for a third.
    const footer = `Total;1\nend;${'z'.repeat(parts + beyond - rows.length - 13)}\n`;
    const { read, inserted } = await load(`long${beyond}.csv`, rows + footer, {
      delimiter: ';',
      skipFooterRows: 2,
    });
    assert.deepEqual([read, inserted], [56_900, 56_900]);
  }
});

for (const [name, content, dialect, first] of [
  ['utf16', encoded('\uFEFFid,job\r\nx,é\r\n1700,a\r\ny,b', 'utf-16le'), {}, 1700],
  [
    'rows',
    'Top "1\n\ni;j\nd;ob\nnr;text\nx;a\n1710;b\ny;c\nTotal;2\nend;\n',
    { ...FRAMED, commentRows: [3] },
    1710,
  ],
] as const) {
  test(`the file of rejects is read in the dialect of the content: ${name}`, async () => {
    const path = rig.path(`${name}-mend.csv`);
    await writeFile(path, content);
    const loaded = await loadOne(rig.client, rig.home, path, { table: 'jobs', dialect, maxRejects: '100%' });
    assert.deepEqual([loaded.inserted, loaded.rejected], [1, 2]);
    const rejects = await readFile(loaded.rejects ?? '');
    const again = await load(`${name}-again.csv`, rejects, dialect);
    assert.deepEqual([again.read, again.rejected], [2, 2]);
    const raw = (list: readonly RejectDocument[]) => list.map((each) => each.rawBase64 ?? each.raw);
    assert.deepEqual(raw(again.rejects), raw(await collect(rig.client.rejects(loaded.load))));
    const id = [...String(first + 1)].join(name === 'utf16' ? '\0' : '');
    const mended = Buffer.from(rejects.toString('latin1').replace(/x(?=[;\0])/, id), 'latin1');
    assert.equal((await load(`${name}-mended.csv`, mended, dialect)).inserted, 1);
  });
}

test('the rejects of a UTF-16 load go again as they came', async () => {
  rig.execute('DELETE FROM jobs WHERE id = 1600');
  const content = encoded('\uFEFFid,job\r\n1600,first\r\n1600,again\r\n', 'utf-16le');
  const { load: id, rejects } = await load('again.csv', content, {});
  assert.equal(rejects[0]?.errors[0]?.code, 'unique.file');
  rig.execute('DELETE FROM jobs WHERE id = 1600');
  assert.equal((await rig.client.retry(id)).inserted, 1);
  assert.deepEqual(jobsFrom(1600), [[1600, 'again']]);
});
