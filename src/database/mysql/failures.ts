import { type ErrorCode, RowferryError } from '../../errors.ts';
import type { RejectCode } from '../../model/reject.ts';
import { TransientFailure } from '../transient-failure.ts';

/** A failure or warning of the server: https://mariadb.com/kb/en/mariadb-error-codes/ */
export interface Condition {
  readonly errno: number;
  readonly message: string;
}

export const DUPLICATE_KEY = 1062;
/** A child row without its parent. */
export const NO_PARENT = 1452;

const ROW_CODES: Readonly<Record<number, RejectCode>> = {
  1022: 'unique.table',
  [DUPLICATE_KEY]: 'unique.table',
  1586: 'unique.table',
  1859: 'unique.table',
  1216: 'foreign_key',
  1217: 'foreign_key',
  1451: 'foreign_key',
  [NO_PARENT]: 'foreign_key',
  1048: 'missing',
  1263: 'missing',
  1364: 'missing',
  // A CHECK of MySQL and of MariaDB.
  3819: 'check',
  4025: 'check',
  // Values that do not fit, cannot be converted, have no partition; what MySQL gives no class of its own.
  1265: 'database',
  1366: 'database',
  1411: 'database',
  1416: 'database',
  1526: 'database',
  1748: 'database',
};

/** Not found, CASE without a branch, data exceptions, constraints, and what triggers signal. */
const ROW_CLASSES: ReadonlySet<string> = new Set(['02', '20', '21', '22', '23', '44', '45']);
/** What SIGNAL gives where no MYSQL_ERRNO is set: https://mariadb.com/kb/en/sqlstate/ */
const SIGNALLED: ReadonlySet<number> = new Set([1643, 1644]);
/** The transaction is rolled back, whoever says so: the server or a trigger. */
const ROLLED_BACK = '40';

interface ServerFailure extends Error {
  readonly errno: number;
  readonly sqlState: string;
}

/** Errors that the server answered with; those of the connection have no SQLSTATE. */
export function isServerFailure(error: unknown): error is ServerFailure {
  return (
    error instanceof Error &&
    'errno' in error &&
    typeof error.errno === 'number' &&
    'sqlState' in error &&
    typeof error.sqlState === 'string' &&
    error.sqlState !== ''
  );
}

/** The reject code of a failure that is about the rows; null when it is about the world. */
export function rowFailure(error: unknown): RejectCode | null {
  if (!isServerFailure(error)) return null;
  const { errno, sqlState } = error;
  const known = ROW_CODES[errno];
  if (known !== undefined) return known;
  const stateClass = sqlState.slice(0, 2);
  if (stateClass === ROLLED_BACK) return null;
  return SIGNALLED.has(errno) || ROW_CLASSES.has(stateClass) ? 'database' : null;
}

/** The code of a warning about a row. */
export const warningCode = ({ errno }: Condition): RejectCode => ROW_CODES[errno] ?? 'database';

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
const BUSY: Failure = {
  code: 'database-busy',
  hint: 'try again; see who holds it: SHOW PROCESSLIST',
  transient: true,
};
const FULL: Failure = {
  code: 'disk-full',
  meaning: 'no room is left on the disk of the database',
  hint: 'make room on the disk of the database, then try again; a load goes on from where it stands',
};
const LOGIN: Failure = {
  code: 'config-invalid',
  hint: 'check the user and the password in ROWFERRY_DATABASE_URL, and what the user was granted',
};
const RIGHTS: Failure = {
  code: 'database-refused',
  hint: 'grant the user what it needs: see docs/databases.md',
};
const READ_ONLY: Failure = {
  code: 'database-unavailable',
  hint: 'the server takes no writes; connect to the primary',
};

const FAILURES: Readonly<Record<number, Failure>> = {
  1205: BUSY,
  1213: BUSY,
  1021: FULL,
  1114: FULL,
  1040: {
    code: 'database-unavailable',
    hint: 'the server has no connection left: try again, or raise max_connections',
  },
  1203: { code: 'database-unavailable', hint: 'the user has no connection left: try again later' },
  1226: { code: 'database-unavailable', hint: 'the user has used up what it may: try again later' },
  1044: LOGIN,
  1045: LOGIN,
  1698: LOGIN,
  1251: LOGIN,
  1049: {
    code: 'config-invalid',
    hint: 'make the database first: CREATE DATABASE NAME CHARACTER SET utf8mb4',
  },
  1142: RIGHTS,
  1143: RIGHTS,
  1227: RIGHTS,
  1370: RIGHTS,
  1290: READ_ONLY,
  1792: READ_ONLY,
  1836: READ_ONLY,
  1053: LOST,
  1080: LOST,
  1152: LOST,
  1184: LOST,
  1317: UNAVAILABLE,
  1927: LOST,
  4031: LOST,
};

/** Failures of the outside world with our codes; everything else as it came. `where`: user@host:port/database. */
export function translate(error: unknown, where: string): unknown {
  if (error instanceof RowferryError || !(error instanceof Error)) return error;
  const failure = isServerFailure(error) ? ofServer(error) : ofConnection(error);
  if (failure === null) return error;
  const Kind = failure.transient === true ? TransientFailure : RowferryError;
  const said = failure.meaning === undefined ? error.message : `${failure.meaning}: ${error.message}`;
  return new Kind(failure.code, `${where}: ${said}`, { hint: failure.hint, cause: error });
}

function ofServer({ errno, sqlState, message }: ServerFailure): Failure | null {
  // "Got error 28 from storage engine": no space left on device.
  if (/errno: 28\b|error 28\b|[Nn]o space left/.test(message)) return FULL;
  return FAILURES[errno] ?? (sqlState.startsWith(ROLLED_BACK) ? BUSY : null);
}

const CONNECTION = /^(?:E[A-Z]+|PROTOCOL_\w+|ERR_\w+|HANDSHAKE_\w+|AUTH_\w+)$|CERT|SIGNATURE/;

function ofConnection(error: Error): Failure | null {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/CERT|SIGNATURE|ALTNAME/.test(code) || /certificate/i.test(error.message)) {
    return {
      ...UNAVAILABLE,
      hint: 'name the certificate of its authority: …?ssl=verify-full&sslrootcert=FILE',
    };
  }
  if (code.startsWith('AUTH_')) return LOGIN;
  return CONNECTION.test(code) || /closed state|connection is in closed/i.test(error.message) ? LOST : null;
}

/** A deferred constraint held at the COMMIT; MySQL has none, engines with replication certify there. */
export function refusedCommit(error: unknown): RowferryError | null {
  if (!isServerFailure(error) || rowFailure(error) === null) return null;
  return new RowferryError('database-refused', error.message, {
    hint: 'mend the rows, then load them again',
    cause: error,
  });
}

/** The user may not do this to the table. */
export const isDenied = (error: unknown): boolean =>
  isServerFailure(error) && (error.errno === 1142 || error.errno === 1143);
