/**
 * Every coded error of rowferry in one place. A caller's misuse of an API is a TypeError; bad data, a refused
 * request or a failing outside world is a RowferryError. docs/errors.md lists the codes; a test holds both
 * together.
 */

interface CodeFacts {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

const define = <const T extends Record<string, CodeFacts>>(codes: T): T => codes;
const fact = (status: number, title: string, retryable = false): CodeFacts => ({ status, title, retryable });

/** HTTP status, title and retryability of each code (RFC 9457 problem types). */
export const ERROR_CODES = define({
  'bad-request': fact(400, 'The request is not valid'),
  usage: fact(400, 'Wrong use of the command'),
  'config-invalid': fact(500, 'The configuration is not valid'),
  'not-found': fact(404, 'Nothing here'),
  'method-not-allowed': fact(405, 'This method is not allowed here'),
  unauthorized: fact(401, 'A valid API key is needed'),
  forbidden: fact(403, 'The key does not allow this'),
  'insecure-transport': fact(403, 'Bearer keys need TLS or loopback'),
  'seal-required': fact(403, 'The key is for sealed requests only'),
  'seal-invalid': fact(401, 'The seal of the request is not valid'),
  'seal-stale': fact(401, 'The request was signed too long ago'),
  'seal-replayed': fact(401, 'The request came before'),
  'seal-body-invalid': fact(400, 'The sealed body cannot be opened'),
  'key-not-found': fact(404, 'No such key'),
  'key-limit': fact(409, 'The owner has the most keys allowed'),
  'table-not-found': fact(404, 'No such table'),
  'table-unsupported': fact(422, 'This table cannot be loaded'),
  'load-not-found': fact(404, 'No such load'),
  'backup-not-found': fact(404, 'No such backup'),
  'job-not-found': fact(404, 'No such backup, check or restore is under way'),
  'job-stopped': fact(409, 'The backup, check or restore was stopped'),
  interrupted: fact(409, 'The command was stopped'),
  'media-type-unsupported': fact(415, 'This content type is not accepted'),
  'body-too-large': fact(413, 'The body is too large'),
  'too-many-rows': fact(413, 'Too many rows in one request'),
  'headers-too-large': fact(431, 'The header fields are too large'),
  'body-invalid': fact(400, 'The body cannot be read'),
  'header-invalid': fact(422, 'The header does not fit the table'),
  'dialect-invalid': fact(422, 'The dialect is not valid'),
  'dialect-ambiguous': fact(422, 'The file can be read in more than one way'),
  'schema-invalid': fact(422, 'The schema is not valid, or does not fit the table'),
  'encoding-unsupported': fact(422, 'This encoding is not supported'),
  'rows-rejected': fact(422, 'No row was loaded'),
  'load-finished': fact(409, 'The load has ended'),
  'load-stopped': fact(409, 'The load was stopped because of its rejects'),
  'record-too-long': fact(422, 'A record is too long'),
  'offset-mismatch': fact(409, 'The part does not start where the load stands', true),
  'content-mismatch': fact(422, 'The content is not the announced one'),
  'idempotency-key-missing': fact(400, 'An Idempotency-Key is needed'),
  'idempotency-key-invalid': fact(400, 'The Idempotency-Key is not valid'),
  'idempotency-key-reused': fact(422, 'The Idempotency-Key was used for another request'),
  'request-running': fact(409, 'The same request is still running', true),
  'rate-limited': fact(429, 'Too many requests', true),
  overloaded: fact(503, 'The server is busy', true),
  timeout: fact(408, 'The request took too long', true),
  'shutting-down': fact(503, 'The server is stopping', true),
  'database-unavailable': fact(503, 'The database does not answer', true),
  'database-busy': fact(503, 'The database is locked by another program', true),
  'database-refused': fact(422, 'The database refused the rows'),
  'database-unsupported': fact(500, 'This database is not supported'),
  'database-privilege': fact(409, 'The role of the database lacks a right'),
  'database-row-security': fact(409, 'Row security hides rows from the role'),
  'database-schema-changed': fact(409, 'The table was changed while rows were on their way', true),
  'ledger-newer': fact(500, 'The ledger is newer than this program'),
  'disk-full': fact(507, 'No room left on the disk', true),
  'file-unreadable': fact(422, 'The file cannot be read'),
  'file-too-large': fact(413, 'The file expands to more than is allowed'),
  'file-changed': fact(409, 'The file changed while it was read'),
  'backup-truncated': fact(422, 'The backup file ends too early'),
  'backup-checksum': fact(422, 'The backup file was changed'),
  'backup-signature': fact(422, 'The backup is not signed by this installation'),
  'backup-invalid': fact(422, 'This is not a backup file of rowferry'),
  'backup-no-key': fact(422, 'The backup is encrypted, and its key is missing'),
  'backup-rowcount': fact(422, 'The backup does not hold the rows it names'),
  'restore-orphans': fact(409, 'The restore would leave rows without their parents'),
  'restore-cascade-refused': fact(409, 'The restore would delete rows of other tables'),
  'restore-schema-drift': fact(409, 'The table is not what it was when the backup was made'),
  'restore-engine-mismatch': fact(409, 'The backup comes from another kind of database'),
  'lock-timeout': fact(503, 'Another program holds the lock', true),
  unreachable: fact(503, 'The server cannot be reached', true),
  'answer-invalid': fact(502, 'The answer cannot be trusted', true),
  'lane-lost': fact(503, 'The work was cut short inside the server', true),
  internal: fact(500, 'Something went wrong inside rowferry'),
});

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** What to type or change to get further. */
  readonly hint?: string;
  /** The parts of the request at fault (RFC 9457 extension, RFC 6901 pointers). */
  readonly errors?: ReadonlyArray<{
    readonly pointer: string;
    readonly code: string;
    readonly detail?: string;
  }>;
  /** Further members of the problem document. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A failure with a stable code. `message` says what was found and what was expected; `hint` what to do. */
export class RowferryError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint: string | undefined;
  readonly errors: ErrorDetails['errors'];
  readonly extra: ErrorDetails['extra'];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, details: ErrorDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RowferryError';
    this.code = code;
    this.detail = detail;
    this.hint = details.hint;
    this.errors = details.errors;
    this.extra = details.extra;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
  get title(): string {
    return ERROR_CODES[this.code].title;
  }
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** What crosses a thread or process border in place of a RowferryError. */
export interface ErrorRecord extends Omit<ErrorDetails, 'cause'> {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly stack?: string;
}

export function toErrorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof RowferryError)) {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      code: 'internal',
      detail,
      ...(error instanceof Error && error.stack ? { stack: error.stack } : {}),
    };
  }
  return {
    code: error.code,
    detail: error.detail,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    ...(error.extra === undefined ? {} : { extra: error.extra }),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}

export function fromErrorRecord(record: ErrorRecord): RowferryError {
  const error = new RowferryError(record.code, record.detail, record);
  if (record.stack !== undefined) error.stack = record.stack;
  return error;
}
