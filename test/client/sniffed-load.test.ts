import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { SourceOptions } from '../../src/client/load-file.ts';
import type { Told } from '../../src/csv/sniff/content.ts';
import { inWords } from '../../src/csv/sniff/in-words.ts';
import { collect, type Rig, startRig } from './rig.ts';

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

async function load(name: string, content: string | Uint8Array, options: Partial<SourceOptions> = {}) {
  const path = rig.path(name);
  await writeFile(path, content);
  const told: Told[] = [];
  const onSniffed = (found: Told) => void told.push(found);
  const result = await rig.client.load(path, { table: 'jobs', maxRejects: '100%', onSniffed, ...options });
  return { ...result, told };
}

const jobsFrom = (first: number) =>
  rig
    .query(`SELECT id, job FROM jobs WHERE id BETWEEN ${first} AND ${first + 99} ORDER BY id`)
    .map(({ id, job }) => [id, job]);

test('a file of another dialect is loaded without a word, and its receipt says how it was read', async () => {
  const content = Buffer.from(
    'Jobs of May\n\nid;job\n2000;Se\xf1or\n2001;"a; b"\nbad;x\n\nTotal 3\n',
    'latin1',
  );
  const { dialect, told, inserted, rejected, load: id } = await load('other.csv', content);
  assert.deepEqual(jobsFrom(2000), [
    [2000, 'Señor'],
    [2001, 'a; b'],
  ]);
  assert.deepEqual([inserted, rejected], [2, 1]);
  const [reject] = await collect(rig.client.rejects(id));
  assert.deepEqual([reject?.line, reject?.byteOffset, reject?.raw], [6, content.indexOf('bad'), 'bad;x']);
  assert.ok(dialect);
  assert.equal(inWords(dialect), 'semicolons, windows-1252, header in row 3, 1 footer line');
  assert.deepEqual((await rig.client.receipt(id)).dialect, dialect);
  assert.match(told[0]?.evidence.encoding ?? '', /Spanish/);
});

test('RFC 4180 stays so, and nothing is told', async () => {
  const { told, dialect } = await load('usual.csv', 'id,job\n2100,a\n2101,"b;c"\nx,y\n');
  assert.deepEqual(told, []);
  assert.equal(dialect?.delimiter, ',');
  assert.deepEqual(jobsFrom(2100), [
    [2100, 'a'],
    [2101, 'b;c'],
  ]);
});

test('what is declared wins, and sniffing can be left out', async () => {
  const declared = await load('declared.csv', '2200;a\n2201;b\n', { dialect: { delimiter: ',' } });
  assert.deepEqual([declared.inserted, declared.told], [0, []]);
  const left = await load('left.csv', '2202;a\n2203;b\n', { sniff: false });
  assert.equal(left.inserted, 0);
  const rest = await load('rest.csv', '#1, one\n#2\n2204;a\n2205;b\n', { dialect: { delimiter: ';' } });
  assert.equal(rest.dialect?.commentChar, '#');
  assert.equal(rest.inserted, 2);
});

test('what the data do not decide is asked, and nothing is loaded', async () => {
  const before = (await rig.client.loads()).length;
  const mixed = Array.from({ length: 12 }, (_, i) => `${2300 + i};São Paulo\n`).join('');
  const loading = load('asked.csv', Buffer.from(mixed, 'latin1'), { dialect: { delimiter: ';' } });
  await assert.rejects(loading, {
    code: 'dialect-ambiguous',
    hint: /--dialect '\{"delimiter":";","encoding":"windows-1252"\}' or --dialect/,
  });
  assert.equal((await rig.client.loads()).length, before);
  const told = await load('asked.csv', Buffer.from(mixed, 'latin1'), {
    dialect: { encoding: 'windows-1252' },
  });
  assert.equal(told.inserted, 12);
});

test('a question that was answered for a content is not asked again', async () => {
  const mixed = Buffer.from(
    Array.from({ length: 12 }, (_, i) => `${2320 + i};São Paulo\n`).join(''),
    'latin1',
  );
  const wrong = await load('again.csv', mixed, { sniff: false });
  assert.deepEqual([wrong.inserted, wrong.rejected], [0, 12]);
  await assert.rejects(load('again.csv', mixed), { code: 'dialect-ambiguous' });
  const dialect = { delimiter: ';', encoding: 'windows-1252' };
  const first = await load('again.csv', mixed, { dialect });
  const second = await load('again.csv', mixed);
  assert.deepEqual([second.state, second.load, second.told], ['duplicate', first.load, []]);
  assert.deepEqual(second.dialect, first.dialect);
});
