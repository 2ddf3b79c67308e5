import type { Engine } from '../database/database.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Column, ForeignKey, Table, UniqueKey } from '../model/table.ts';

/** The keys of a plan all of whose rows can be decided without the database inserting them. */
export interface Keys {
  /** Of whole numbers. */
  readonly unique: NumberKey | null;
  /** Foreign keys into the unique key of the table itself. */
  readonly own: readonly OwnKey[];
}

export interface NumberKey {
  readonly key: UniqueKey;
  readonly column: string;
  /** Field of the tape. */
  readonly field: number;
}

export interface OwnKey {
  /** Index into table.foreignKeys. */
  readonly foreignKey: number;
  readonly field: number;
}

const KNOWN_PARENTS: ReadonlySet<string> = new Set(['integer', 'text', 'uuid']);

/**
 * Null where only an insert tells: CHECKs, triggers, columns that the database computes or must fill, keys of several
 * columns or of others than whole numbers, and more than one unique key, of which one may decide about the other.
 */
export function decidableKeys(plan: InsertPlan, engine: Engine): Keys | null {
  const { table, columns } = plan;
  if (table.triggers.length > 0 || table.checks.length > 0 || table.uniqueKeys.length > 1) return null;
  if (table.columns.some(({ generated, alters }) => generated || alters === true)) return null;
  if (table.columns.some((column) => mustBeFilled(column) && !columns.includes(column))) return null;
  if (engine.foreignKeysBy(plan, 'insert') !== 'set') return null;
  const unique = uniqueOf(plan);
  if (unique === undefined) return null;
  const own: OwnKey[] = [];
  for (const [foreignKey, key] of table.foreignKeys.entries()) {
    if (isOwn(table, key)) {
      const field = ownField(plan, key, unique);
      if (field === null) return null;
      own.push({ foreignKey, field });
    } else if (!isKnown(plan, key)) return null;
  }
  return { unique, own };
}

const mustBeFilled = ({ nullable, default: fallback }: Column): boolean => !nullable && fallback === null;

/** Null without a unique key, undefined where it is none of whole numbers in the file. */
function uniqueOf(plan: InsertPlan): NumberKey | null | undefined {
  const [key] = plan.table.uniqueKeys;
  if (key === undefined) return null;
  const field = key.columns.length === 1 ? numberField(plan, key.columns[0]) : null;
  return field === null || key.deferrable === true ? undefined : { key, column: key.columns[0] ?? '', field };
}

export const isOwn = (table: Table, key: ForeignKey): boolean =>
  key.parentTable === table.name && key.parentSchema === undefined;

function ownField(plan: InsertPlan, key: ForeignKey, unique: NumberKey | null): number | null {
  const [parent, another] = key.parentColumns;
  return parent === unique?.column && another === undefined ? numberField(plan, key.columns[0]) : null;
}

function isKnown({ table }: InsertPlan, key: ForeignKey): boolean {
  const kinds = table.columns.filter(({ name }) => key.columns.includes(name)).map(({ kind }) => kind);
  return key.matchFull !== true && kinds.every((kind) => KNOWN_PARENTS.has(kind));
}

function numberField({ columns, fields }: InsertPlan, name: string | undefined): number | null {
  const index = columns.findIndex((column) => column.name === name);
  return columns[index]?.kind === 'integer' ? (fields[index] ?? null) : null;
}
