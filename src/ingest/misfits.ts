import { resolveDialect } from '../csv/dialect.ts';
import { joinRecords, recordsOnly } from '../csv/general/again.ts';
import type { Comparison } from '../database/compare.ts';
import type { DatabaseReject } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import type { Column, Table } from '../model/table.ts';
import type { Prepared, Preparer } from './prepare.ts';
import type { RetryContext } from './retry.ts';

/**
 * Records that were loaded and do not fit their table any more, since it was changed: they are looked up all the same,
 * the values that do not fit as texts.
 */

type Compared = Omit<Comparison, 'unfit'>;

/** `limit`: differences that are told one by one of those with the same columns at fault. */
export async function compareMisfits(
  context: Pick<RetryContext, 'connection' | 'preparer'>,
  prepared: Prepared,
  misfits: readonly DatabaseReject[],
  limit: number,
): Promise<Compared> {
  const parts: Compared[] = [];
  const known = new Set(prepared.plan.columns.map(({ name }) => name));
  const groups = byColumns(misfits);
  for (const group of groups) {
    if (group.columns.length === 0 || !group.columns.every((name) => known.has(name))) {
      parts.push(allMissing(group.records));
      continue;
    }
    const { unfit, ...compared } = await compareAsText(context, prepared, group, limit);
    parts.push(compared);
    // The database may tell of a column only when another one is out of its way.
    const isNew = ({ errors }: DatabaseReject) =>
      errors.every(({ column }) => !group.columns.includes(column ?? ''));
    groups.push(...byColumns(unfit.filter(isNew), group.columns));
    parts.push(allMissing(unfit.filter((each) => !isNew(each)).map(({ index }) => index)));
  }
  const sum = (name: 'found' | 'missing' | 'changed') => parts.reduce((all, part) => all + part[name], 0);
  return {
    found: sum('found'),
    missing: sum('missing'),
    changed: sum('changed'),
    differences: parts.flatMap((part) => part.differences),
  };
}

/** Records out of a content, prepared by themselves for a table with the same names of columns. */
export function prepareAgain(
  preparer: Preparer,
  { recordStarts, recordEnds, plan, bytes, dialect }: Prepared,
  records: readonly number[],
  table: Table,
): Prepared {
  const raws = records.map((record) => bytes.slice(recordStarts[record], recordEnds[record]));
  const said = resolveDialect(dialect);
  const columns = plan.columns.map(({ name }) => name);
  const part = { table, last: true, columns, dialect: recordsOnly(said) };
  return preparer.csv({ ...part, bytes: joinRecords(raws, said) });
}

interface Misfits {
  /** At fault; none where it is the whole record. */
  readonly columns: readonly string[];
  readonly records: number[];
}

/** `before`: columns that were at fault already. */
function byColumns(misfits: readonly DatabaseReject[], before: readonly string[] = []): Misfits[] {
  const groups = new Map<string, Misfits>();
  for (const { index, errors } of misfits) {
    const named = errors.map(({ column }) => column);
    const found = named.includes(null) ? [] : [...before, ...named.filter((name) => name !== null)];
    const columns = [...new Set(found)].sort();
    const key = JSON.stringify(columns);
    const group = groups.get(key) ?? { columns, records: [] };
    group.records.push(index);
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function compareAsText(
  { connection, preparer }: Pick<RetryContext, 'connection' | 'preparer'>,
  prepared: Prepared,
  { columns, records }: Misfits,
  limit: number,
): Promise<Comparison> {
  const asText = new Set(columns);
  const { encoded, plan, errors } = prepareAgain(preparer, prepared, records, withTexts(prepared, asText));
  const [staged] = await connection.stage([encoded]);
  if (staged === undefined) throw new RowferryError('internal', 'nothing was staged');
  const options = { limit, asText };
  const compared = await connection.transaction(() => connection.compareStaged(staged, plan, options));
  const inContent = (record: number) => records[record] ?? 0;
  return {
    ...compared,
    differences: compared.differences.map((each) => ({ ...each, record: inContent(each.record) })),
    unfit: [...errors, ...compared.unfit].map((each) => ({ ...each, index: inContent(each.index) })),
  };
}

function withTexts({ plan: { table } }: Prepared, names: ReadonlySet<string>): Table {
  const keys = new Set(table.uniqueKeys.flatMap(({ columns }) => columns));
  const columns = table.columns.map((column) =>
    names.has(column.name) ? textColumn(column, keys.has(column.name)) : column,
  );
  return { ...table, columns };
}

/** A column of a key stays one that rows can be found by. */
function textColumn({ name, sqlType, baseType, nullable, identity }: Column, isKey: boolean): Column {
  return {
    name,
    sqlType,
    kind: 'text',
    ...(baseType === undefined ? {} : { baseType: 'text' }),
    nullable: isKey ? nullable : true,
    default: null,
    generated: false,
    identity,
  };
}

const allMissing = (records: readonly number[]): Compared => ({
  found: 0,
  missing: records.length,
  changed: 0,
  differences: records.map((record) => ({ record, columns: null })),
});
