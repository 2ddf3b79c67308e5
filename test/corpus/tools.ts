import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORPUS } from './case.ts';

/** Files that are not loaded: what `clean` or `plan` make of them stands beside them. */

interface Shown {
  /** `cleaned/semicolons` */
  readonly name: string;
  readonly path: string;
  readonly shows: string;
}

/** `cleaned/` and `repaired/`: options of `clean`, and what it writes and reports. */
export interface CleanedCase extends Shown {
  readonly auto?: boolean;
  readonly dialect?: Readonly<Record<string, unknown>>;
  readonly tables?: 'first' | 'all';
  /** Lines of the file that is written, each with its end. */
  readonly out: readonly string[];
  readonly repaired: number;
  /** Record, line and code. */
  readonly rejects: ReadonlyArray<readonly (number | string)[]>;
}

/** `planned/`: the table that is planned for SQLite. */
export interface PlannedCase extends Shown {
  readonly columns: readonly string[];
  readonly primaryKey: readonly string[];
  readonly rows: number;
  readonly says: readonly string[];
  /** Of the load to type; null: none is needed. */
  readonly dialect: Readonly<Record<string, unknown>> | null;
}

export const cleanedCases = (): CleanedCase[] => casesIn<CleanedCase>('{cleaned,repaired}');
export const plannedCases = (): PlannedCase[] => casesIn<PlannedCase>('planned');

function casesIn<T extends Shown>(folder: string): T[] {
  return globSync(`${folder}/*.expected.json`, { cwd: CORPUS })
    .sort()
    .map((file) => {
      const name = file.replace(/\.expected\.json$/, '');
      const expected: Omit<T, keyof Shown> = JSON.parse(readFileSync(join(CORPUS, file), 'utf8'));
      return { ...expected, name, path: join(CORPUS, `${name}.csv`) } as T;
    });
}
