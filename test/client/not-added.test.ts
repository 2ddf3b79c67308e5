import assert from 'node:assert/strict';
import { type FileHandle, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { writeNotAdded } from '../../src/client/not-added.ts';
import { notAddedPaths } from '../../src/client/not-added-paths.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import type { RejectDocument } from '../../src/model/reject.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowferry-not-added-'));
});
after(() => rm(folder, { recursive: true }));

function reject(
  line: number,
  raw: string,
  value: string | null,
  more: Partial<RejectDocument> = {},
): RejectDocument {
  const error = {
    code: 'type.integer',
    column: 'id',
    value,
    message: `"${value}", expected a number`,
  } as const;
  return { index: line - 1, line, byteOffset: line * 10, raw, errors: [error], ...more };
}

/** Two to a page. */
async function* pages(rejects: readonly RejectDocument[]): AsyncGenerator<readonly RejectDocument[]> {
  for (let at = 0; at < rejects.length; at += 2) yield rejects.slice(at, at + 2);
}

const place = (name: string) => ({ folder, table: 'jobs', load: '01LOAD', name, headerFrom: null });

test('records as they came, and why each was rejected beside them', async () => {
  const raw = Buffer.from([0x33, 0x2c, 0xff, 0xfe]);
  const rejects = [
    reject(1, 'a,"two\r\nlines"', 'a'),
    reject(3, '3,\u{FFFD}\u{FFFD}', null, { rawBase64: raw.toString('base64') }),
    reject(4, '=cmd|x,-5', '=cmd|x'),
    reject(5, '-5,x', '-5'),
  ];
  const paths = await writeNotAdded(place('jobs-2021.csv'), pages(rejects));
  assert.equal(paths.records, join(folder, 'jobs', 'jobs-2021.01LOAD.csv'));
  assert.equal(paths.reasons, join(folder, 'jobs', 'jobs-2021.01LOAD.reasons.csv'));
  const expected = Buffer.concat([
    Buffer.from('a,"two\r\nlines"\n'),
    raw,
    Buffer.from('\n=cmd|x,-5\n-5,x\n'),
  ]);
  assert.deepEqual(await readFile(paths.records), expected);
  const [head, ...rows] = parse(await readFile(paths.reasons)) as string[][];
  assert.deepEqual(head, ['line', 'byte_offset', 'column', 'value', 'code', 'message']);
  assert.deepEqual(rows[0], ['1', '10', 'id', 'a', 'type.integer', '"a", expected a number']);
  assert.deepEqual(
    rows.map((row) => row[3]),
    ['a', '', "'=cmd|x", '-5'],
  );
});

const HEADERS: ReadonlyArray<readonly [content: string, header: string]> = [
  ['id,job\n1,x\n', 'id,job\n'],
  ['\u{FEFF}id,job\r\n1,x\r\n', 'id,job\n'],
  ['\n\nid,"j\no""b"\r1,x\r', 'id,"j\no""b"\n'],
  ['id,job', 'id,job\n'],
];
for (const [content, header] of HEADERS) {
  test(`the header of ${JSON.stringify(content)} comes first`, async () => {
    const headerFrom = join(folder, 'source.csv');
    await writeFile(headerFrom, content);
    const rejects = pages([reject(2, 'x,y', 'x')]);
    const { records } = await writeNotAdded({ ...place('h.csv'), headerFrom }, rejects);
    assert.equal(await readFile(records, 'utf8'), `${header}x,y\n`);
  });
}

test('a failure on the way leaves no file behind', async () => {
  async function* failing(): AsyncGenerator<readonly RejectDocument[]> {
    yield [reject(1, 'a', 'a')];
    throw new Error('the server went away');
  }
  const failed = writeNotAdded({ ...place('x.csv'), table: 'failing' }, failing());
  await assert.rejects(failed, /went away/);
  assert.deepEqual(await readdir(join(folder, 'failing')), []);
});

// Header and heading, a page of both files, and what is passed over at their end.
for (const nth of [1, 2, 3, 4, 5]) {
  test(`a disk that is full at write ${nth} leaves no file behind`, async (t) => {
    const handle = await open(folder, 'r');
    await handle.close();
    const { writeFile: write } = handle;
    let writes = 0;
    t.mock.method(Object.getPrototypeOf(handle), 'writeFile', function (this: FileHandle, data: string) {
      writes += 1;
      if (writes === nth) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
      return write.call(this, data);
    });
    const dialect = { ...DEFAULT_DIALECT, skipFooterRows: 1 };
    const options = { ...place('x.csv'), table: `full-${nth}`, dialect };
    await assert.rejects(writeNotAdded(options, pages([reject(1, 'a', 'a')])), { code: 'ENOSPC' });
    assert.deepEqual(await readdir(join(folder, options.table)), []);
  });
}

const NAMES: ReadonlyArray<readonly [name: string, file: string]> = [
  ['jobs/2021.csv', '2021.L.csv'],
  ['../../etc/passwd', 'passwd.L.csv'],
  ['..', '_.L.csv'],
  ['C:\\x\\jobs.CSV', 'jobs.L.csv'],
  ['a\nb\u0000:c?.csv', 'a_b__c_.L.csv'],
  ['.hidden.csv', '_hidden.L.csv'],
  ['', 'rows.L.csv'],
  [`${'é'.repeat(200)}.csv`, `${'é'.repeat(75)}.L.csv`],
];
for (const [name, file] of NAMES) {
  test(`${JSON.stringify(name.slice(0, 30))} stays in its folder as a plain name`, () => {
    assert.equal(
      notAddedPaths({ folder, table: 'jobs', load: 'L', name }).records,
      join(folder, 'jobs', file),
    );
  });
}

test('a table with a strange name stays in its folder too', () => {
  const { records } = notAddedPaths({ folder, table: '../x', load: 'L', name: 'a.csv' });
  assert.equal(records, join(folder, '__x', 'a.L.csv'));
});
