import { DatabaseError } from 'pg';
import { type ErrorCode, RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { RejectCode, RejectError } from '../../model/reject.ts';
import { TransientFailure } from '../transient-failure.ts';

/** SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const ROW_CODES: Readonly<Record<string, RejectCode>> = {
  '23502': 'missing',
  '23503': 'foreign_key',
  '23505': 'unique.table',
  '23514': 'check',
  // An exclusion constraint: another row stands in the way.
  '23P01': 'unique.table',
  // An index entry that is too large; a JSON value that is nested too deeply.
  '54000': 'database',
  '54001': 'database',
  '0A000': 'database',
};

/**
 * Not found, CASE without a branch, data exceptions, integrity constraints, triggers and their functions, WITH CHECK
 * OPTION, what SQL/PSM signals.
 */
const ROW_CLASSES: ReadonlySet<string> = new Set('02 09 20 21 22 23 27 2F 38 39 44 45 P0'.split(' '));
/** Classes that the standard leaves to the implementation: the server's own, and of the others those that RAISE names. */
const SERVER_CLASSES: ReadonlySet<string> = new Set(['53', '54', '55', '57', '58', '72', 'XX']);
const isRaised = (state: string): boolean =>
  /^[5-9I-Z]/.test(state) && !SERVER_CLASSES.has(state.slice(0, 2));

export const isDatabaseError = (error: unknown): error is DatabaseError => error instanceof DatabaseError;

/** The reject code of a failure that is about the rows; null when it is about the world. */
export function rowFailure(error: unknown): RejectCode | null {
  if (!isDatabaseError(error) || error.code === undefined) return null;
  // A row that a policy does not let in; of other missing rights the server tells from elsewhere.
  if (error.code === '42501' && error.routine === 'ExecWithCheckOptions') return 'database';
  return codeOf(error.code);
}

const codeOf = (state: string): RejectCode | null =>
  ROW_CODES[state] ?? (ROW_CLASSES.has(state.slice(0, 2)) || isRaised(state) ? 'database' : null);

/** A failure that is about one row, in the database's own words; its `detail` may show columns of no concern. */
export function refusal(plan: InsertPlan, error: unknown): RejectError {
  const code = rowFailure(error);
  if (code === null || !isDatabaseError(error)) throw error;
  const { column = '', constraint = '', message } = error;
  return { code, column: columnOf(plan, column, constraint), value: null, message };
}

/** What a program in the database noted of a failure; empty where there is nothing. */
export interface NotedFailure {
  readonly state: string;
  readonly message: string;
  readonly column: string;
  readonly constraint: string;
}

/** The same of a failure that was noted there; `database-refused` when it is not about the rows. */
export function notedRefusal(plan: InsertPlan, noted: NotedFailure): RejectError {
  const { state, message, column, constraint } = noted;
  const code = codeOf(state) ?? (state === '42501' ? 'database' : null);
  if (code !== null) return { code, column: columnOf(plan, column, constraint), value: null, message };
  throw new RowferryError('database-refused', `${plan.table.name}: ${message}`, {
    hint: 'look at the triggers of the table and the functions that they call',
  });
}

function columnOf({ table }: InsertPlan, column: string, constraint: string): string | null {
  if (column !== '') return column;
  const keys = [...table.uniqueKeys, ...table.foreignKeys];
  const columns = keys.find((key) => key.name === constraint)?.columns ?? [];
  return columns.length === 1 ? (columns[0] ?? null) : null;
}

/** Deferred constraints are held at the COMMIT. */
export function refusedCommit(error: unknown): RowferryError | null {
  if (!isDatabaseError(error) || rowFailure(error) === null) return null;
  return new RowferryError('database-refused', error.message, {
    hint: 'a deferred constraint does not hold; load the parents first',
    cause: error,
  });
}

interface Failure {
  readonly code: ErrorCode;
  readonly hint: string;
  /** The transaction may come through when it is run again. */
  readonly transient?: boolean;
  /** What the server's own words mean, where they leave that open. */
  readonly meaning?: string;
}

const UNAVAILABLE: Failure = {
  code: 'database-unavailable',
  hint: 'check that the server runs and can be reached, then try again',
};
const LOST: Failure = { ...UNAVAILABLE, transient: true };
const CANCELLED: Failure = {
  code: 'database-busy',
  hint: 'try again; see who holds it: SELECT * FROM pg_locks',
};
const BUSY: Failure = { ...CANCELLED, transient: true };

const FAILURES: Readonly<Record<string, Failure>> = {
  '55P03': { ...BUSY, meaning: 'another session holds a lock' },
  '57014': CANCELLED,
  '25006': { code: 'database-unavailable', hint: 'the server takes no writes; connect to the primary' },
  '25P03': LOST,
  '53100': {
    code: 'disk-full',
    hint: 'make room on the disk of the database, then try again; a load goes on from where it stands',
  },
  '57P01': LOST,
  '57P02': LOST,
  '57P03': LOST,
  '57P05': LOST,
  '28000': {
    code: 'config-invalid',
    hint: 'check the user and pg_hba.conf, and whether the server wants sslmode=require',
  },
  '28P01': { code: 'config-invalid', hint: 'check the user and the password in ROWFERRY_DATABASE_URL' },
  '3D000': { code: 'config-invalid', hint: 'make the database first: createdb NAME' },
  '42501': { code: 'database-refused', hint: 'grant the role what it needs: see docs/databases.md' },
};

const FAILURE_CLASSES: Readonly<Record<string, Failure>> = { '08': LOST, '40': BUSY, '53': UNAVAILABLE };

/** Failures of the outside world with our codes; everything else as it came. `where`: user@host:port/database. */
export function translate(error: unknown, where: string): unknown {
  if (error instanceof RowferryError || !(error instanceof Error)) return error;
  const failure = isDatabaseError(error) ? ofServer(error) : ofConnection(error);
  if (failure === null) return error;
  const Kind = failure.transient === true ? TransientFailure : RowferryError;
  const said = failure.meaning === undefined ? error.message : `${failure.meaning}: ${error.message}`;
  return new Kind(failure.code, `${where}: ${said}`, { hint: failure.hint, cause: error });
}

const ofServer = ({ code = '' }: DatabaseError): Failure | null =>
  FAILURES[code] ?? FAILURE_CLASSES[code.slice(0, 2)] ?? null;

/** Of sockets, of TLS, and of pg itself, which gives its errors no code. */
const CONNECTION =
  /^(?:E[A-Z]+|ERR_(?:TLS|SSL|OSSL|STREAM)_\w+)$|CERT|SIGNATURE|^(?:timeout expired|Connection terminated|Client (?:was closed|has encountered)|The server does not support SSL|There was an error establishing)/;

function ofConnection(error: Error): Failure | null {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  if (!CONNECTION.test(code)) return null;
  return /CERT|SIGNATURE|ALTNAME/.test(code)
    ? {
        ...UNAVAILABLE,
        hint: 'name the certificate of its authority: …?sslmode=verify-full&sslrootcert=FILE',
      }
    : LOST;
}

/**
 * The 1-based row at which a COPY into `table` failed; 0 where the server does not say. The server may speak any
 * language: "COPY t, line 4", "COPY t, Zeile 4".
 */
export function failedLine(error: unknown, table: string): number {
  const where = isDatabaseError(error) ? (error.where ?? '') : '';
  const start = `COPY ${table}, `;
  const at = where.lastIndexOf(start);
  return at < 0 ? 0 : Number(/^\D*(\d+)/.exec(where.slice(at + start.length))?.[1] ?? 0);
}

/** The value of a key of one column that another row has: "Key (id)=(5) already exists." Null where it is not told. */
export function repeatedValue(error: unknown, column: string): string | null {
  const detail = isDatabaseError(error) ? (error.detail ?? '') : '';
  const start = `(${column})=(`;
  const from = detail.indexOf(start);
  const to = detail.lastIndexOf(')');
  return from < 0 || to < from ? null : detail.slice(from + start.length, to);
}

/** The constraint or index that a repeated key breaks; null for any other failure. */
export const brokenKey = (error: unknown): string | null =>
  isDatabaseError(error) && error.code === '23505' ? (error.constraint ?? null) : null;
