import { type Ddl, type TableDdl, tablesDdl } from '../database/ddl.ts';
import { orderByParents } from '../dictionary/order.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import type { RejectCode } from '../model/reject.ts';
import type { PlannedTable } from '../model/table-plan.ts';
import { KeyBudget } from './key-set.ts';
import { columnNames, sameName, tableNameOf } from './names.ts';
import { type DialectFor, type PlanInput, PlannedFile } from './planned-file.ts';
import { plannedTable } from './planned-table.ts';
import { bestKey, pairCandidates } from './primary-key.ts';
import { Pair, type Probe } from './probe.ts';
import { asRead } from './readings.ts';
import { type Candidate, candidates, type Decision, decide, type Keyed } from './references.ts';
import { reread } from './reread.ts';
import { profileTable, type TableProfile } from './table-profile.ts';

export interface PlanRequest {
  readonly files: readonly PlanInput[];
  readonly ddl: Ddl;
  readonly dialectFor: DialectFor;
  /** What is declared for the files of a table: it is not looked for in their values. */
  readonly declaredFor?: (table: string) => Partial<Dialect>;
  /** All files are of this table; else each is of the one that it is named for. */
  readonly table?: string;
  /** Bytes read, and bytes to read in all; they are read again where keys or ways to write have to be compared. */
  readonly onProgress?: (done: number, size: number) => void;
  readonly signal?: AbortSignal;
}

/** A table as it is proposed. */
export interface TablePlan extends PlannedTable {
  readonly files: readonly PlannedFile[];
  readonly header: readonly string[] | null;
  readonly rows: number;
  readonly leftOut: ReadonlyMap<RejectCode, number>;
  /** Foreign keys that a person may have expected, and why they are none. */
  readonly notProposed: ReadonlyArray<{
    readonly column: string;
    readonly parentTable: string;
    readonly parentColumn: string;
    readonly reason: string;
  }>;
  readonly warnings: readonly string[];
  readonly ddl: TableDdl;
}

/** For the keys of all columns together. Bytes. */
const KEY_BYTES = 384 << 20;

/**
 * Tables for CSV files, parents first: types that hold every value as it is, keys by uniqueness and foreign keys by
 * inclusion. Nothing is written. Throws `file-unreadable`, and `usage` where files of one table differ in their columns.
 */
export async function planFiles(request: PlanRequest): Promise<TablePlan[]> {
  const budget = new KeyBudget(KEY_BYTES);
  const progress = new Progress(request);
  const profiles: TableProfile[] = [];
  for (const [name, files] of await filesByTable(request)) {
    const onAgain = () => progress.addSize(files);
    const onRead = (bytes: number) => progress.add(bytes);
    const options = { budget, onRead, signal: request.signal };
    onAgain();
    const profile = await profileTable({ name, files, ...options });
    const declared = request.declaredFor?.(name) ?? {};
    profiles.push(await reread(profile, { ...options, declared, onAgain }));
  }
  const keyed = profiles.map((table) => {
    const { names, changes } = columnNames(table.header, table.columns.length, request.ddl);
    return { table, names, key: bestKey(table, names), changes };
  });
  const pairs = new Map<Keyed, Pair[]>();
  for (const each of keyed) {
    if (each.key === null) pairs.set(each, pairsOf(each, budget));
  }
  const all = candidates(keyed);
  for (const each of keyed) await probe(each, all, pairs.get(each) ?? [], progress, request.signal);
  return written(request.ddl, keyed, pairs, decide(all));
}

class Progress {
  size = 0;
  readonly #request: PlanRequest;
  #done = 0;

  constructor(request: PlanRequest) {
    this.#request = request;
  }

  addSize(files: readonly PlannedFile[]): void {
    this.size += files.reduce((sum, { size }) => sum + size, 0);
  }

  add(bytes: number): void {
    this.#done += bytes;
    this.#request.onProgress?.(this.#done, this.size);
  }
}

async function filesByTable({
  files,
  table,
  ddl,
  dialectFor,
}: PlanRequest): Promise<Map<string, PlannedFile[]>> {
  const groups = new Map<string, { name: string; files: PlannedFile[] }>();
  for (const input of files) {
    const name = table ?? tableNameOf(input.plainName, ddl);
    const group = groups.get(sameName(name)) ?? { name, files: [] };
    groups.set(sameName(name), group);
    const file = await PlannedFile.open(input, group.name, dialectFor);
    assertAlike(group.files[0] ?? file, file, group.name);
    group.files.push(file);
  }
  return new Map([...groups.values()].map((group) => [group.name, group.files]));
}

function assertAlike(first: PlannedFile, file: PlannedFile, table: string): void {
  const shape = ({ header, width }: PlannedFile) => JSON.stringify(header ?? width);
  if (shape(first) === shape(file)) return;
  const columns = ({ header, width }: PlannedFile) =>
    header === null ? `${width} fields and no header` : `the columns ${header.join(', ')}`;
  throw new RowferryError(
    'usage',
    `${file.input.label} and ${first.input.label} are both of table ${table}, but have ${columns(file)} and ${columns(first)}`,
    { hint: 'rename one of them, or plan them one by one' },
  );
}

const pairsOf = ({ table, names }: Keyed, budget: KeyBudget): Pair[] =>
  pairCandidates(table, names).map((fields) => new Pair(fields, budget));

async function probe(
  child: Keyed,
  all: readonly Candidate[],
  pairs: readonly Pair[],
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const own = all.filter((each) => each.child === child).map(({ inclusion }) => inclusion);
  const probes: Probe[] = [...own, ...pairs];
  if (probes.length === 0) return;
  progress.addSize(child.table.files);
  for (const file of child.table.files) {
    let done = 0;
    for await (const stretch of file.read(signal)) {
      const read = asRead(stretch, file.dialect, child.table.readings);
      for (const each of probes) each.take(read);
      progress.add(stretch.done - done);
      done = stretch.done;
    }
  }
  for (const pair of pairs) pair.release();
}

function written(
  ddl: Ddl,
  keyed: ReadonlyArray<Keyed & { readonly changes: readonly string[] }>,
  pairs: ReadonlyMap<Keyed, readonly Pair[]>,
  { proposed, refused }: Decision,
): TablePlan[] {
  const drafts = keyed.map((each) => ({
    ...plannedTable(each, pairs.get(each) ?? [], proposed, each.changes),
    files: each.table.files,
    header: each.table.header,
    rows: each.table.rows,
    leftOut: each.table.leftOut,
    notProposed: refused.filter(({ candidate }) => candidate.child === each).map(refusal),
  }));
  const related = drafts.map(({ name, foreignKeys }) => ({
    name,
    foreignKeys: foreignKeys.map(({ column, parentTable, parentColumn }) => ({
      name: '',
      columns: [column],
      parentTable,
      parentColumns: [parentColumn],
      onDelete: '',
      onUpdate: '',
    })),
  }));
  const order = orderByParents(
    related,
    drafts.map(({ name }) => name),
  );
  const tables = drafts
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    .map((table, i) => withCircles(table, order.slice(i + 1)));
  const statements = tablesDdl(ddl, tables.map(withRefusals));
  return tables.flatMap((table, i) => {
    const own = statements[i];
    return own === undefined ? [] : [{ ...table, ddl: own }];
  });
}

/** Foreign keys to tables that are loaded later. */
function withCircles<T extends PlannedTable & Pick<TablePlan, 'warnings'>>(
  table: T,
  later: readonly string[],
): T {
  const parents = table.foreignKeys
    .map(({ parentTable }) => parentTable)
    .filter((name) => later.includes(name));
  if (parents.length === 0) return table;
  const warning =
    `${table.name} and ${parents.join(', ')} point at each other: rows whose parents have not come are ` +
    'rejected at first; send them again with rowferry rejects retry';
  return { ...table, notes: [...table.notes, warning], warnings: [...table.warnings, warning] };
}

function refusal({ candidate, reason }: Decision['refused'][number]): TablePlan['notProposed'][number] {
  const { child, field, parent, parentField } = candidate;
  return {
    column: child.names[field] ?? '',
    parentTable: parent.table.name,
    parentColumn: parent.names[parentField] ?? '',
    reason,
  };
}

function withRefusals<T extends PlannedTable & Pick<TablePlan, 'notProposed'>>(table: T): T {
  const lines = table.notProposed.map(
    ({ column, parentTable, parentColumn, reason }) =>
      `${column} → ${parentTable}.${parentColumn} is not proposed: ${reason}`,
  );
  return { ...table, notes: [...table.notes, ...lines] };
}
