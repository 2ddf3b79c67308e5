import { Readable } from 'node:stream';
import { type ConnectionOptions, createConnection, type Connection as Driver, type TypeCast } from 'mysql2';
import { Slots } from '../../lib/slots.ts';
import type { ConnectOptions, SqlRow, SqlValue } from '../database.ts';
import type { Condition } from './failures.ts';
import { type RawRows, RowFlow } from './raw-rows.ts';

/** What the server says of a statement without rows. */
export interface Done {
  readonly affected: number;
  readonly warnings: number;
}

/**
 * Strict, and what is written is what is kept: 0 in an AUTO_INCREMENT column stays 0, a table is not made with
 * another engine than it asks for.
 */
const SQL_MODE = [
  'STRICT_ALL_TABLES',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_ENGINE_SUBSTITUTION',
  'ONLY_FULL_GROUP_BY',
].join(',');

/** As many as the servers keep. */
const MOST_WARNINGS = 65_535;

/**
 * One connection of the driver, with the settings that values are written and read by. Errors are the driver's own;
 * after one that ended the connection it is `lost`.
 */
export class Session {
  readonly #driver: Driver;
  readonly #turn = new Slots(1);
  #lost = false;
  /** Of a session that was opened. */
  #onLost: (() => void) | undefined;
  #packetBytes = 1 << 20;
  #takesLoadData = false;
  #isMariaDb = false;

  private constructor(driver: Driver) {
    this.#driver = driver;
    // Without a listener a lost connection would end the process; the statement that needs it fails anyway. Not
    // destroyed here: the driver would then forget to tell that statement.
    const lost = () => this.#noteLoss();
    driver.on('error', lost);
    driver.on('end', lost);
  }

  static async open(target: ConnectionOptions, options: ConnectOptions = {}): Promise<Session> {
    const driver = createConnection({ ...target, ...READING });
    const session = new Session(driver);
    try {
      await new Promise<void>((resolve, reject) => {
        driver.connect((error) => (error === null ? resolve() : reject(error)));
      });
      for (const sql of settings(options)) await session.run(sql);
      await session.#askServer();
      session.#onLost = options.onLost;
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** A statement must be shorter than this; the server ends a connection on which a longer one comes. */
  get packetBytes(): number {
    return this.#packetBytes;
  }

  /** Whether the server lets sessions send files; ours holds a batch and nothing else. */
  get takesLoadData(): boolean {
    return this.#takesLoadData;
  }

  get isMariaDb(): boolean {
    return this.#isMariaDb;
  }

  async rows(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlRow[]> {
    const result = await this.#query({ sql, values: parameters.map(toDriver) });
    return Array.isArray(result) ? result : [];
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<Done> {
    return doneOf(await this.#query({ sql, values: parameters.map(toDriver) }));
  }

  /** The rows of a SELECT as they came; those that nobody takes any more are read to their end all the same. */
  async *rawRows(sql: string): AsyncGenerator<RawRows> {
    const flow = new RowFlow(this.#driver);
    this.#query({ sql }, flow).then(
      () => flow.end(),
      (error: unknown) => flow.fail(error),
    );
    let rows: RawRows | null = null;
    try {
      for (rows = await flow.next(); rows !== null; rows = await flow.next()) yield rows;
    } finally {
      while (rows !== null) rows = await flow.next().catch(() => null);
    }
  }

  /** LOAD DATA LOCAL of what these pieces hold, and of nothing else whatever file the server asks for. */
  async loadData(sql: string, pieces: readonly Uint8Array[]): Promise<Done> {
    const infileStreamFactory = () => Readable.from(pieces.map(asBuffer));
    return doneOf(await this.#query({ sql, infileStreamFactory }));
  }

  /** Of the last statement, in the order they came up; at most MOST_WARNINGS. */
  async warnings(): Promise<Condition[]> {
    const rows = await this.rows('SHOW WARNINGS');
    return rows.map((row) => ({ errno: Number(row.Code), message: String(row.Message) }));
  }

  /** A connection that does not take its transaction back is given up: the next one would commit it. */
  async rollback(): Promise<void> {
    await this.run('ROLLBACK').catch(() => this.#lose());
  }

  async close(): Promise<void> {
    if (this.#lost) return;
    this.#lost = true;
    await new Promise<void>((resolve) => {
      this.#driver.once('end', resolve);
      this.#driver.once('error', () => resolve());
      this.#driver.end(() => resolve());
    });
  }

  async #askServer(): Promise<void> {
    const [row] = await this.rows(
      'SELECT @@max_allowed_packet AS packetBytes, @@GLOBAL.local_infile AS localInfile, @@version AS version',
    );
    this.#packetBytes = Number(row?.packetBytes ?? this.#packetBytes);
    this.#takesLoadData = Number(row?.localInfile) === 1;
    this.#isMariaDb = /mariadb/i.test(String(row?.version));
    if (this.#isMariaDb) await this.run(LEASE);
  }

  #lose(): void {
    if (!this.#lost) this.#driver.destroy();
    this.#noteLoss();
  }

  #noteLoss(): void {
    const isNews = !this.#lost;
    this.#lost = true;
    if (isNews) this.#onLost?.();
  }

  /** One after the other: of those that wait in a connection that was destroyed the driver tells nothing. */
  #query(options: Statement, flow?: RowFlow): Promise<unknown> {
    return this.#turn.run(() => (this.#lost ? Promise.reject(lostBefore()) : this.#send(options, flow)));
  }

  #send(options: Statement, flow: RowFlow | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const query = this.#driver.query(options, (error, result) => {
        if (error === null) return resolve(result);
        if (error.fatal === true) this.#lose();
        reject(error);
      });
      flow?.takeFrom(query);
    });
  }
}

const lostBefore = (): Error =>
  Object.assign(new Error('the connection was lost'), { code: 'PROTOCOL_CONNECTION_LOST' });

interface Statement {
  readonly sql: string;
  readonly values?: (null | number | bigint | string | Buffer)[];
  readonly infileStreamFactory?: () => Readable;
}

/** What text forms depend on, how rows are kept apart, and how long a lock is waited for. */
function settings({ lockTimeoutMs = 10_000, readOnly = false }: ConnectOptions): string[] {
  const seconds = Math.max(1, Math.round(lockTimeoutMs / 1000));
  return [
    `SET SESSION sql_mode = '${SQL_MODE}', time_zone = '+00:00', lc_messages = 'en_US',
      max_error_count = ${MOST_WARNINGS}, sql_notes = 1, foreign_key_checks = 1, unique_checks = 1,
      innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`,
    'SET NAMES utf8mb4',
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION TRANSACTION ${readOnly ? 'READ ONLY' : 'READ WRITE'}`,
  ];
}

const INTEGERS: ReadonlySet<string> = new Set(['LONGLONG']);

/** Integers outside ±2^53 as bigint; JSON as the text it is. */
const typeCast: TypeCast = (field, next) => {
  if (INTEGERS.has(field.type)) return integer(field.string());
  if (field.type === 'JSON') return field.string('utf8');
  if (field.type === 'GEOMETRY' || field.type === 'BIT') return field.buffer();
  return next();
};

function integer(text: string | null): number | bigint | null {
  if (text === null) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** How values are read. Without code made at run time: what the server sends never becomes program text. */
const READING: ConnectionOptions = {
  charset: 'utf8mb4',
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  jsonStrings: true,
  disableEval: true,
  trace: false,
  typeCast,
};

/**
 * A transaction in which nothing is asked for so long was left by a process that stands still: its locks go. A server's
 * own limit stays. MySQL has none.
 */
const LEASE =
  'SET SESSION idle_transaction_timeout = IF(@@idle_transaction_timeout = 0, 60, @@idle_transaction_timeout)';

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const toDriver = (value: SqlValue): null | number | bigint | string | Buffer =>
  value instanceof Uint8Array ? asBuffer(value) : value;

function doneOf(result: unknown): Done {
  const { affectedRows, warningStatus } = result as { affectedRows?: unknown; warningStatus?: unknown };
  return { affected: Number(affectedRows ?? 0), warnings: Number(warningStatus ?? 0) };
}
