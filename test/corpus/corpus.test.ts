import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { LoadResult } from '../../src/client/client.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { readDescriptor } from '../../src/csv/descriptor.ts';
import { resolveDialect } from '../../src/csv/dialect.ts';
import type { SniffTable } from '../../src/csv/sniff/fit.ts';
import { RowferryError } from '../../src/errors.ts';
import { checkFile } from '../../src/ingest/check-file.ts';
import { Expander } from '../../src/inputs/expander.ts';
import { inputsOf } from '../../src/inputs/find-inputs.ts';
import type { Input } from '../../src/inputs/input.ts';
import type { Reject } from '../../src/model/reject.ts';
import { collect, type Rig, startRig } from '../client/rig.ts';
import { assertSameWhereverCut } from './boundaries.ts';
import { type Case, CORPUS, cases } from './case.ts';
import { RAW } from './make-binary.ts';
import { cleanedCases, plannedCases } from './tools.ts';

const CASES = cases();
/** Each has at least so many cases. */
const GROUPS = {
  sniffed: 40,
  declared: 20,
  ragged: 5,
  broken: 10,
  values: 15,
  schemas: 5,
  packed: 5,
  public: 25,
};

let rig: Rig;
let config: Config;
let rules: ReadonlyMap<string, SniffTable>;

before(async () => {
  rig = await startRig();
  for (const { table, columns } of CASES) rig.execute(`CREATE TABLE "${table}" (${columns})`);
  config = loadConfig({ home: rig.home, backupSchedule: null }, {});
  const tables = await rig.client.tables();
  rules = new Map(tables.map((table) => [table.name, table]));
});
after(() => rig[Symbol.asyncDispose]());

test('every group has its cases, and no content is without its expectations', () => {
  for (const [group, least] of Object.entries(GROUPS)) {
    const found = CASES.filter(({ name }) => name.startsWith(`${group}/`)).length;
    assert.ok(found >= least, `${group} has ${found} cases, expected ${least}`);
  }
  const contents = globSync('**/*.{csv,gz,zst,zip}', { cwd: CORPUS }).map((file) => join(CORPUS, file));
  const all = [...CASES, ...cleanedCases(), ...plannedCases()];
  assert.deepEqual(contents.sort(), all.map(({ path }) => path).sort());
});

test('what editors and git might break is as it was made', () => {
  for (const [name, content] of Object.entries(RAW)) {
    assert.deepEqual(readFileSync(join(CORPUS, name)), Buffer.from(content), name);
  }
});

for (const each of CASES) {
  test(`${each.name}: ${each.shows}`, async () => {
    const { error, rows = [], rejects = [], found = {} } = each;
    if (error !== undefined) {
      await refused(each, error);
      assert.deepEqual(rowsOf(each), []);
      return;
    }
    const { checked, results, told } = await through(each);
    assert.deepEqual({ rows: rowsOf(each), rejects: told }, { rows, rejects });
    // check says the same of the same file before anything is there.
    assert.deepEqual(checked, rejects);
    const { dialect } = results[0] ?? {};
    for (const [name, value] of Object.entries(found)) {
      assert.deepEqual(dialect && Reflect.get(dialect, name), value, name);
    }
  });
}

async function refused(each: Case, { code, says = [] }: NonNullable<Case['error']>): Promise<void> {
  await assert.rejects(through(each), (error) => {
    assert.ok(error instanceof RowferryError, String(error));
    assert.equal(error.code, code, error.detail);
    const text = `${error.detail} ${error.hint ?? ''}`;
    for (const part of says) assert.ok(text.includes(part), `${part} is not in: ${text}`);
    return true;
  });
}

type Told = (number | string)[];

interface Outcome {
  readonly results: readonly LoadResult[];
  readonly checked: readonly Told[];
  readonly told: readonly Told[];
}

/** Checks and loads what the file of a case holds. */
async function through(each: Case): Promise<Outcome> {
  const { inputs } = await inputsOf(each.path);
  await using expander = new Expander(rig.home, { ...config, ...each.limits }, inputs);
  const checked: Told[] = [];
  for (const input of inputs) checked.push(...(await check(each, (await expander.open(input)).path)));
  const results: LoadResult[] = [];
  const told: Told[] = [];
  for (const input of inputs) {
    const { path } = await expander.open(input);
    const result = await load(each, input, path);
    if (result.dialect !== null) {
      assertSameWhereverCut(new Uint8Array(await readFile(path)), result.dialect, columnsOf(each));
    }
    const documents = await collect(rig.client.rejects(result.load));
    assert.equal(result.read, result.inserted + documents.length);
    results.push(result);
    told.push(...documents.map(toldOf));
  }
  return { results, checked, told };
}

const toldOf = ({ line, errors }: Pick<Reject, 'line' | 'errors'>): Told => [
  line,
  ...errors.map(({ code }) => code),
];

function declaredBy({ dialect, schema }: Case) {
  return {
    ...(dialect === undefined ? {} : { dialect: readDescriptor(dialect) }),
    ...(schema === undefined ? {} : { schema }),
  };
}

async function check(each: Case, file: string): Promise<Told[]> {
  const told: Told[] = [];
  const onRejects = (rejects: readonly Reject[]) => void told.push(...rejects.map(toldOf));
  const { dialect, ...rest } = declaredBy(each);
  // A whole dialect leaves nothing to sniff.
  const known = each.sniff === false ? resolveDialect(dialect) : dialect;
  const declared = known === undefined ? {} : { dialect: known };
  await checkFile({ config, table: each.table, file, ...rest, ...declared, onRejects });
  return told;
}

function load(each: Case, { name }: Input, path: string): Promise<LoadResult> {
  const { table, sniff = true } = each;
  const known = rules.get(table);
  assert.ok(known);
  return rig.client.load(path, { table, name, ...declaredBy(each), sniff, rules: known, maxRejects: '100%' });
}

function rowsOf({ table }: Case): unknown[][] {
  return rig
    .query(`SELECT * FROM "${table}" ORDER BY rowid`)
    .map((row) => Object.values(row).map((value) => (value instanceof Uint8Array ? hexOf(value) : value)));
}

const columnsOf = ({ table }: Case): number => rules.get(table)?.columns.length ?? 0;

const hexOf = (bytes: Uint8Array): string => `x'${Buffer.from(bytes).toString('hex')}'`;
