import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveDialect } from '../../src/csv/dialect.ts';
import type { Engine } from '../../src/database/database.ts';
import { engineNamed } from '../../src/database/open.ts';
import type { Dialect } from '../../src/model/dialect.ts';
import { planFiles, type TablePlan } from '../../src/plan/plan.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Files in a folder of their own, gone at the end. */
export async function makeFolder(files: Files): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'rowferry-plan-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface PlanOptions {
  readonly engine?: Engine['name'];
  readonly dialect?: Partial<Dialect>;
  readonly table?: string;
}

/** The plan for files with these names and contents. */
export async function planOf(files: Files, options: PlanOptions = {}): Promise<TablePlan[]> {
  await using folder = await makeFolder(files);
  const { ddl } = await engineNamed(options.engine ?? 'sqlite');
  return await planFiles({
    files: Object.keys(files).map((name) => {
      const path = join(folder.path, name);
      return { path, label: path, plainName: path, typed: path };
    }),
    ddl,
    dialectFor: () => resolveDialect(options.dialect),
    declaredFor: () => options.dialect ?? {},
    ...(options.table === undefined ? {} : { table: options.table }),
  });
}

/** The only table of a plan. */
export async function tableOf(content: string, options: PlanOptions = {}): Promise<TablePlan> {
  const [table, ...others] = await planOf({ 't.csv': content }, options);
  if (table === undefined || others.length > 0) throw new Error('one table was expected');
  return table;
}

/** `name TYPE [NULL]` of each column. */
export function typesOf({ columns, ddl }: TablePlan): string[] {
  return columns.map(({ name, nullable }, i) => `${name} ${ddl.types[i]?.sql}${nullable ? ' NULL' : ''}`);
}

/** `column → table.column` of each foreign key. */
export function foreignKeysOf({ foreignKeys }: Pick<TablePlan, 'foreignKeys'>): string[] {
  return foreignKeys.map(
    ({ column, parentTable, parentColumn }) => `${column} → ${parentTable}.${parentColumn}`,
  );
}
