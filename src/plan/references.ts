import type { ColumnProfile } from './column-profile.ts';
import { columnType, isComparable } from './column-type.ts';
import { pointsAt } from './likely-names.ts';
import { uniqueColumns } from './primary-key.ts';
import { Inclusion } from './probe.ts';
import type { TableProfile } from './table-profile.ts';

/** A table with the names and the key that were chosen for it. */
export interface Keyed {
  readonly table: TableProfile;
  readonly names: readonly string[];
  /** Index of the column that is the primary key alone; null where there is none. */
  readonly key: number | null;
}

/** A column that may point at a key, and what its values say. */
export interface Candidate {
  readonly child: Keyed;
  readonly field: number;
  readonly parent: Keyed;
  readonly parentField: number;
  /** The names say so too. */
  readonly named: boolean;
  readonly inclusion: Inclusion;
}

/** Enough for dozens of tables; each costs a look at every value of its column. */
const MOST_CANDIDATES = 500;
/** Without a name that says so: the part of the parent's keys that must come, and how many keys there must be. */
const UNNAMED = { coverage: 0.9, keys: 5 };
const UNNAMED_TEXT = { coverage: 0.5, keys: 10 };

/** Everything whose values have to be looked at. */
export function candidates(tables: readonly Keyed[]): Candidate[] {
  const found = tables.flatMap((child) =>
    child.names.flatMap((_, field) => tables.flatMap((parent) => candidatesFor(child, field, parent))),
  );
  return found.sort((a, b) => Number(b.named) - Number(a.named)).slice(0, MOST_CANDIDATES);
}

function candidatesFor(child: Keyed, field: number, parent: Keyed): Candidate[] {
  const profile = child.table.columns[field];
  if (profile === undefined || profile.values === 0 || !isComparable(profile)) return [];
  return uniqueColumns(parent.table).flatMap((parentField) => {
    const target = parent.table.columns[parentField];
    const itself = child === parent && field === parentField;
    if (itself || target === undefined || target.keys === null || !areAlike(profile, target)) return [];
    const named = pointsAt(
      { table: child.table.name, column: child.names[field] ?? '' },
      { table: parent.table.name, column: parent.names[parentField] ?? '' },
      profile.keys !== null,
    );
    const likely =
      parentField === parent.key && child !== parent && profile.keys === null && isWithin(profile, target);
    if (!named && !likely) return [];
    return [{ child, field, parent, parentField, named, inclusion: new Inclusion(field, target.keys) }];
  });
}

function areAlike(child: ColumnProfile, parent: ColumnProfile): boolean {
  const [one, other] = [columnType(child), columnType(parent)];
  return one.kind === other.kind && !['date', 'time', 'datetime'].includes(one.kind);
}

function isWithin(child: ColumnProfile, parent: ColumnProfile): boolean {
  if (child.least !== null && child.most !== null && columnType(child).kind === 'integer') {
    return (
      parent.least !== null &&
      parent.most !== null &&
      child.least >= parent.least &&
      child.most <= parent.most
    );
  }
  return child.minBytes >= parent.minBytes && child.maxBytes <= parent.maxBytes;
}

export interface Decision {
  readonly proposed: readonly Candidate[];
  /** Those that a person may have expected, each with the reason. */
  readonly refused: ReadonlyArray<{ readonly candidate: Candidate; readonly reason: string }>;
}

/** At most one foreign key for each column: the one that its name says, else the one that its values fit best. */
export function decide(all: readonly Candidate[]): Decision {
  const proposed: Candidate[] = [];
  const refused: Array<{ candidate: Candidate; reason: string }> = [];
  const byColumn = Map.groupBy(all, ({ child, field }) => `${child.table.name}\0${field}`);
  for (const group of byColumn.values()) {
    const ranked = group.toSorted(byLikelihood);
    const best = ranked.find(isProposed);
    if (best !== undefined) proposed.push(best);
    for (const candidate of ranked) {
      const reason = candidate === best ? null : reasonAgainst(candidate, best !== undefined);
      if (reason !== null) refused.push({ candidate, reason });
    }
  }
  return { proposed, refused };
}

function byLikelihood(a: Candidate, b: Candidate): number {
  const keyed = (candidate: Candidate) => Number(candidate.parentField === candidate.parent.key);
  return (
    Number(b.named) - Number(a.named) || keyed(b) - keyed(a) || b.inclusion.coverage - a.inclusion.coverage
  );
}

function isProposed(candidate: Candidate): boolean {
  const { inclusion, named, child, parent } = candidate;
  if (inclusion.orphans > 0) return false;
  if (named) return true;
  if (isText(candidate)) return isCovered(candidate, UNNAMED_TEXT);
  return child.table.header === null && parent.table.header === null && isCovered(candidate, UNNAMED);
}

function isText({ child, field }: Candidate): boolean {
  const profile = child.table.columns[field];
  return profile !== undefined && ['text', 'uuid'].includes(columnType(profile).kind);
}

const isCovered = ({ inclusion, parent }: Candidate, least: typeof UNNAMED): boolean =>
  inclusion.coverage >= least.coverage && parent.table.rows >= least.keys;

function reasonAgainst(candidate: Candidate, hasOther: boolean): string | null {
  const { inclusion, named } = candidate;
  const { orphans, found, firstOrphan } = inclusion;
  if (!named) {
    const possible = !hasOther && orphans === 0 && isCovered(candidate, UNNAMED);
    return possible ? 'every value is among them, but the names do not say so' : null;
  }
  if (hasOther || orphans === 0 || found === 0) return null;
  const example =
    firstOrphan === null ? '' : `, e.g. ${JSON.stringify(firstOrphan.value)} in line ${firstOrphan.line}`;
  return `${orphans} ${orphans === 1 ? 'orphan' : 'orphans'} among ${found + orphans} values${example}`;
}
