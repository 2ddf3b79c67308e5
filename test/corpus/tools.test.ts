import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { clean } from '../../src/clean/clean.ts';
import { readDescriptor } from '../../src/csv/descriptor.ts';
import { runHere } from '../cli/command.ts';
import { type CleanedCase, cleanedCases, type PlannedCase, plannedCases } from './tools.ts';

const CLEANED = cleanedCases();
const PLANNED = plannedCases();

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowferry-corpus-'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('clean and plan have their cases', () => {
  const count = (group: string) => CLEANED.filter(({ name }) => name.startsWith(group)).length;
  assert.ok(count('cleaned/') >= 20);
  assert.ok(count('repaired/') >= 7);
  assert.ok(PLANNED.length >= 11);
});

for (const each of CLEANED) {
  test(`${each.name}: ${each.shows}`, async () => {
    const { path, auto, dialect, tables, out, repaired, rejects } = each satisfies CleanedCase;
    const written = join(folder, 'out.csv');
    const report = await clean(path, {
      out: written,
      ...(auto === undefined ? {} : { auto }),
      ...(tables === undefined ? {} : { tables }),
      ...(dialect === undefined ? {} : { dialect: readDescriptor(dialect) }),
    });
    assert.equal(await readFile(written, 'utf8'), out.join(''));
    assert.equal(report.repaired, repaired);
    assert.deepEqual(
      report.rejects.map(({ record, line, code }) => [record, line, code]),
      rejects,
    );
  });
}

for (const each of PLANNED) {
  test(`${each.name}: ${each.shows}`, async () => {
    const { path, columns, primaryKey, rows, says, dialect } = each satisfies PlannedCase;
    const home = await mkdtemp(join(folder, 'home-'));
    const file = basename(path);
    await copyFile(path, join(home, file));
    const run = (...args: string[]) =>
      runHere(home, [...args, '--database-url', 'sqlite:x.sqlite', '--json']);
    const { code, json, stderr } = await run('plan', file, '--apply');
    assert.equal(code, 0, stderr);
    const [table] = json;
    assert.deepEqual(columnsOf(table?.columns), columns);
    assert.deepEqual([table?.primaryKey, table?.rows, table?.warnings], [primaryKey, rows, says]);
    assert.deepEqual(dialectOf(table?.load), dialect);
    // What is planned takes the file, with what is said and, where the first MiB tells, without.
    const loaded = await run(
      'load',
      file,
      ...(dialect === null ? [] : ['--dialect', JSON.stringify(dialect)]),
    );
    assert.deepEqual([loaded.code === 0 || loaded.code === 3, loaded.json[0]?.inserted], [true, rows]);
  });
}

function columnsOf(columns: unknown): string[] {
  assert.ok(Array.isArray(columns));
  return columns.map(({ name, sqlType, nullable }) => `${name} ${sqlType}${nullable ? ' NULL' : ''}`);
}

function dialectOf(load: unknown): unknown {
  assert.ok(Array.isArray(load));
  return load[0]?.dialect ?? null;
}
