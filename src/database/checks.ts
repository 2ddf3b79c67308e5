import type { Connection } from './database.ts';

/** Something of a database that `rowferry doctor` looks at. Nothing is written. */
export interface DatabaseCheck {
  /** A word or two. */
  readonly name: string;
  ask(connection: Connection): Promise<DatabaseFinding>;
}

export interface DatabaseFinding {
  /** False: rows cannot be loaded as it is. */
  readonly ok: boolean;
  readonly detail: string;
  /** What to type; with `ok` it makes things better. */
  readonly mend: string | null;
}
