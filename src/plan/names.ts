import { basename } from 'node:path';
import type { Ddl } from '../database/ddl.ts';

export interface SafeNames {
  readonly names: readonly string[];
  /** What was changed, each for a person. */
  readonly changes: readonly string[];
}

/** Tables that begin like this are rowferry's or SQLite's own. */
const RESERVED = /^(?:rowferry|sqlite)_/i;

/**
 * Names for columns, as the header has them where the engine takes them: without control characters and outer spaces,
 * as long as allowed, none empty and none twice.
 */
export function columnNames(header: readonly string[] | null, width: number, ddl: Ddl): SafeNames {
  const written = header ?? Array.from({ length: width }, (_, i) => `column_${i + 1}`);
  const taken = new Set<string>();
  const changes: string[] = [];
  const names = written.map((text, i) => {
    const fitting = ddl.fitName(clean(text)).trim();
    const name = unused(fitting === '' ? `column_${i + 1}` : fitting, taken, ddl);
    if (name !== text.trim())
      changes.push(`column ${i + 1}, ${JSON.stringify(text)}, is named ${JSON.stringify(name)}`);
    return name;
  });
  return { names, changes };
}

/** `data/jobs.csv.gz` → `jobs`: the name by which a load finds the table. */
export function tableNameOf(path: string, ddl: Ddl): string {
  const stem = basename(path).replace(/(?:\.(?:csv|tsv|txt|gz|zst|zip))+$/i, '');
  const name = ddl.fitName(clean(stem)).trim();
  if (name === '') return 'table_1';
  return RESERVED.test(name) ? ddl.fitName(`_${name}`) : name;
}

const clean = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

function unused(name: string, taken: Set<string>, ddl: Ddl): string {
  let found = name;
  for (let i = 2; taken.has(sameName(found)); i++) found = numbered(name, i, ddl);
  taken.add(sameName(found));
  return found;
}

/** The number stays where the name has to be cut. */
function numbered(name: string, number: number, ddl: Ddl): string {
  const suffix = `_${number}`;
  for (let cut = name; ; cut = [...cut].slice(0, -1).join('')) {
    if (ddl.fitName(cut + suffix) === cut + suffix) return cut + suffix;
  }
}

/** Names that some database or a load takes for the same: without case, accents and what stands between words. */
export function sameName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ß/g, 's')
    .replace(/[\s_-]+/g, '_');
}

/** `DepartmentId`, `department-id` and `department id` → [department, id]. */
export function wordsOf(name: string): string[] {
  const parts = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .toLowerCase();
  return parts.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Of English: departments → department, companies → company, boxes → box. */
export function singular(word: string): string {
  if (word.length > 3 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:[sxz]|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}
