import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Expander } from '../../src/inputs/expander.ts';
import { inputsOf, memberNamed } from '../../src/inputs/find-inputs.ts';
import { commandZip, leftIn, makeFolder, pythonZip, type ZipMember } from './packed.ts';

const LIMITS = { maxExpandedBytes: 1 << 30, maxExpansion: 250 };

/** Name in the ledger, what tells the table, content. */
async function membersOf(path: string): Promise<ReadonlyArray<readonly [string, string, string]>> {
  const { inputs } = await inputsOf(path);
  await using expander = new Expander(join(path, '..'), LIMITS, inputs);
  const found: Array<readonly [string, string, string]> = [];
  for (const input of inputs) {
    const { path: content } = await expander.open(input);
    found.push([input.name, input.plainName, readFileSync(content, 'utf8')]);
  }
  return found;
}

function python(t: TestContext, ...members: readonly ZipMember[]): string {
  return pythonZip(join(makeFolder(t), 'hr.zip'), members);
}

test('many members, deflated and stored, in zip64 too', async (t) => {
  const path = python(
    t,
    { name: 'jobs.csv', content: '1,Baker\n' },
    { name: 'deep/er/departments.csv', content: '1,Ops\n', stored: true },
    { name: 'empty.csv', content: '' },
  );
  assert.deepEqual(await membersOf(path), [
    ['hr.zip!jobs.csv', 'hr/jobs.csv', '1,Baker\n'],
    ['hr.zip!deep/er/departments.csv', 'hr/deep/er/departments.csv', '1,Ops\n'],
    ['hr.zip!empty.csv', 'hr/empty.csv', ''],
  ]);
});

test('what the zip command wrote, from a pipe as well', async (t) => {
  const path = commandZip(makeFolder(t), 'hr.zip', {
    'jobs.csv': '1,Baker\n'.repeat(10_000),
    'a/b.csv': '2,x\n',
  });
  const sizes = (await membersOf(path)).map(([name, , content]) => [name, content.length]);
  assert.deepEqual(sizes, [
    ['hr.zip!jobs.csv', 80_000],
    ['hr.zip!a/b.csv', 4],
  ]);
});

test('litter, folders and links are passed over; other files are named', async (t) => {
  const folder = makeFolder(t);
  const files = {
    'jobs.csv': '1,Baker\n',
    '__MACOSX/._jobs.csv': 'x',
    '.DS_Store': 'x',
    'a/~b.csv': 'x',
    'read.me': 'x',
  };
  const { inputs, ignored } = await inputsOf(commandZip(folder, 'hr.zip', files));
  assert.deepEqual([inputs.map(({ member }) => member), ignored], [['jobs.csv'], ['read.me']]);
});

test('the only member may have any name', async (t) => {
  const path = python(t, { name: 'EXPORT.DAT', content: '1,Baker\n' });
  assert.deepEqual(await membersOf(path), [['hr.zip!EXPORT.DAT', 'hr/EXPORT.DAT', '1,Baker\n']]);
});

test('names that would lead out of a folder are names and no paths', async (t) => {
  const names = [
    '../../../tmp/rowferry-out.csv',
    '/etc/rowferry-out.csv',
    'C:\\rowferry-out.csv',
    '..\\up.csv',
  ];
  const path = python(t, ...names.map((name) => ({ name, content: '1,x\n' })));
  const before = readdirSync(join(path, '..'));
  const found = await membersOf(path);
  assert.deepEqual(
    found.map(([, plain]) => plain.split('/').at(-1)),
    ['rowferry-out.csv', 'rowferry-out.csv', 'rowferry-out.csv', 'up.csv'],
  );
  assert.deepEqual(readdirSync(join(path, '..')), before);
  for (const gone of ['/tmp/rowferry-out.csv', '/etc/rowferry-out.csv'])
    assert.throws(() => readFileSync(gone));
});

const REFUSED: Readonly<Record<string, readonly [make: (t: TestContext) => string, says: RegExp]>> = {
  'an encrypted member': [
    (t) => commandZip(makeFolder(t), 'hr.zip', { 'jobs.csv': '1,x\n' }, ['-P', 'secret']),
    /hr\.zip!jobs\.csv is encrypted, and passwords are not taken/,
  ],
  'a member compressed with bzip2': [
    (t) => commandZip(makeFolder(t), 'hr.zip', { 'jobs.csv': '1,x\n'.repeat(99) }, ['-Z', 'bzip2']),
    /hr\.zip!jobs\.csv is compressed with bzip2; expected deflate/,
  ],
  'a zip in a zip': [
    (t) => python(t, { name: 'jobs.csv', content: '1,x\n' }, { name: 'more.zip', content: 'x' }),
    /hr\.zip holds more\.zip within what is packed already/,
  ],
  'gzip in a zip, whatever its name': [
    (t) => python(t, { name: 'jobs.csv', content: Buffer.from([0x1f, 0x8b, 8, 0]) }),
    /hr\.zip!jobs\.csv holds gzip within what is packed already/,
  ],
  'a spreadsheet': [
    (t) => python(t, { name: '[Content_Types].xml', content: '' }, { name: 'xl/workbook.xml', content: '' }),
    /hr\.zip is a spreadsheet or another office document/,
  ],
  'no CSV in it': [
    (t) => python(t, { name: 'a.pdf', content: '1' }, { name: 'b.pdf', content: '2' }),
    /hr\.zip holds 2 files, none of them \.csv/,
  ],
  'nothing in it': [(t) => python(t), /hr\.zip holds no file/],
  'a name twice': [
    (t) => python(t, { name: 'jobs.csv', content: '1' }, { name: 'jobs.csv', content: '2' }),
    /jobs\.csv is in it twice/,
  ],
};
for (const [what, [make, message]] of Object.entries(REFUSED)) {
  test(`refused: ${what}`, async (t) => {
    const path = make(t);
    await assert.rejects(membersOf(path), { code: 'file-unreadable', message });
    assert.deepEqual(leftIn(join(path, '..')), []);
  });
}

test('cut anywhere, or with any byte changed: the whole content or an error, and nothing is left', async (t) => {
  const folder = makeFolder(t);
  const whole = readFileSync(
    commandZip(folder, 'hr.zip', { 'jobs.csv': '1,Baker\n2,Cook\n', 'b.csv': '1,Ops\n' }),
  );
  const expected = await membersOf(join(folder, 'hr.zip'));
  const contents = (found: typeof expected) => found.map(([, , content]) => content);
  let errors = 0;
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    for (const bytes of [whole.subarray(0, at), changed]) {
      // The first bytes tell what it is: without them it is a text, and none of this room's business.
      if (at < 4) continue;
      const path = join(folder, 'hr.zip');
      writeFileSync(path, bytes);
      const found = await membersOf(path).catch((error) => {
        assert.equal(error.code, 'file-unreadable', error.stack);
        errors++;
        return null;
      });
      if (found?.length === 2) assert.deepEqual(contents(found), contents(expected), `byte ${at}`);
    }
  }
  assert.ok(errors > whole.length, `${errors} of ${whole.length}`);
  assert.deepEqual(leftIn(folder), []);
});

test('more members than a directory may have are refused before they are listed', async (t) => {
  const members = Array.from({ length: 10_001 }, (_, id) => ({ name: `${id}.csv`, content: '' }));
  await assert.rejects(inputsOf(python(t, ...members)), /hr\.zip has 10001 members, at most 10000/);
});

test('a file and a folder are no archives', async (t) => {
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'a.zip'));
  for (const path of [join(folder, 'a.zip'), join(folder, 'none.csv')]) {
    assert.equal((await inputsOf(path)).inputs[0]?.kind, 'plain');
  }
});

test('a member is named behind an exclamation mark', () => {
  assert.deepEqual(memberNamed('x/hr.zip!a/jobs!.csv'), { archive: 'x/hr.zip', member: 'a/jobs!.csv' });
  for (const name of ['hr.zip', 'hr!x.csv', 'hr.zip!']) assert.equal(memberNamed(name), null);
});
