import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { classesOf, InvalidText, type StoredColumn, type StoredValue } from '../../model/stored-table.ts';
import { quoteName } from './encode.ts';
import { runStatement } from './run-statement.ts';

/** Inserts rows as they once lay in a table: same classes, same bytes. */

type SqliteValue = Exclude<StoredValue, InvalidText>;
type Bind = (value: StoredValue, bound: SqliteValue[]) => void;

/** Values bound by one statement; more do not make it faster. */
const VALUES_PER_STATEMENT = 400;

export class Inserter {
  readonly #db: DatabaseSync;
  readonly #sqlStart: string;
  readonly #sqlRow: string;
  readonly #binds: readonly Bind[];
  readonly #rowsPerStatement: number;
  readonly #statements = new Map<number, StatementSync>();

  constructor(db: DatabaseSync, table: string, columns: readonly StoredColumn[]) {
    const written = columns.filter((column) => !column.generated);
    this.#db = db;
    this.#binds = written.map(bindOf);
    this.#sqlStart = `INSERT INTO ${quoteName(table)} (${written.map(({ name }) => quoteName(name)).join(', ')})`;
    this.#sqlRow = `(${written.map(placeholder).join(', ')})`;
    this.#rowsPerStatement = Math.max(1, Math.floor(VALUES_PER_STATEMENT / written.length));
  }

  /** `values` holds whole rows one after the other. */
  insert(values: readonly StoredValue[]): void {
    const width = this.#binds.length;
    const step = this.#rowsPerStatement * width;
    for (let at = 0; at < values.length; at += step) {
      const end = Math.min(values.length, at + step);
      runStatement(this.#statement((end - at) / width), ...this.#bind(values, at, end));
    }
  }

  #bind(values: readonly StoredValue[], start: number, end: number): SqliteValue[] {
    const bound: SqliteValue[] = [];
    for (let at = start; at < end; at += this.#binds.length) {
      this.#binds.forEach((bind, column) => {
        bind(values[at + column] ?? null, bound);
      });
    }
    return bound;
  }

  #statement(rows: number): StatementSync {
    const known = this.#statements.get(rows);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(
      `${this.#sqlStart} VALUES ${Array(rows).fill(this.#sqlRow).join(', ')}`,
    );
    // run() gives the last rowid, which the driver refuses to give as a number beyond 2^53.
    statement.setReadBigInts(true);
    this.#statements.set(rows, statement);
    return statement;
  }
}

/** A text that is no text for the driver goes as a blob that SQLite takes for text. */
function placeholder(column: StoredColumn): string {
  return classesOf(column).includes('invalid-text') ? 'iif(?, CAST(? AS TEXT), ?)' : '?';
}

function bindOf(column: StoredColumn): Bind {
  const { sqlType } = column;
  const classes = classesOf(column);
  // Beside reals, integers come as bigint already.
  const onlyIntegers = classes.includes('integer') && !classes.includes('real');
  const bind = onlyIntegers && !turnsRealsToIntegers(sqlType) ? bindInteger : bindPlain;
  return classes.includes('invalid-text') ? withInvalidText(bind) : bind;
}

function bindPlain(value: StoredValue, bound: SqliteValue[]): void {
  bound.push(value instanceof InvalidText ? value.bytes : value);
}

/** The driver binds every number as a REAL. */
function bindInteger(value: StoredValue, bound: SqliteValue[]): void {
  if (typeof value === 'number') bound.push(BigInt(value));
  else bindPlain(value, bound);
}

/** Three places for each value: whether it is invalid text, its bytes then, or what it is otherwise. */
function withInvalidText(bind: Bind): Bind {
  return (value, bound) => {
    if (value instanceof InvalidText) bound.push(1, value.bytes, null);
    else {
      bound.push(0, null);
      bind(value, bound);
    }
  };
}

/** Columns of INTEGER and NUMERIC affinity store 5.0 as the integer 5; ANY of a STRICT table does not. */
function turnsRealsToIntegers(sqlType: string): boolean {
  if (/int/i.test(sqlType)) return true;
  return sqlType !== '' && !/char|clob|text|blob|real|floa|doub|^any$/i.test(sqlType);
}
