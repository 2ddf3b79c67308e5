import { RowferryError } from '../../errors.ts';
import type { StoredColumn, TableFacts } from '../../model/stored-table.ts';
import type { Table } from '../../model/table.ts';
import type { RowReader, Scratch, Snapshot } from '../snapshot.ts';
import { TEMPORARY_COLUMNS_SQL } from './catalog-sql.ts';
import { clientConfig, placeOf } from './client-config.ts';
import { isDatabaseError, rowFailure, translate } from './failures.ts';
import { readColumn } from './introspect.ts';
import { quoteName } from './names.ts';
import type { CopyTarget } from './row-target.ts';
import { Session } from './session.ts';
import { BACKUP_SETTINGS } from './snapshot.ts';
import {
  copyInto,
  copyIntoStaging,
  namesOf,
  ROWS,
  type WrittenColumn,
  writtenColumns,
} from './staged-rows.ts';
import { rowReader } from './stored-rows.ts';

/**
 * A scratch table of one session (TEMPORARY), in a transaction that is rolled back: nobody else sees or waits for it,
 * and the role needs no right on any schema. It has the columns, keys and CHECKs of the table, and no partitions.
 */
export async function openPostgresScratch(url: string, facts: TableFacts): Promise<Scratch> {
  const config = clientConfig(url);
  const place = placeOf(config);
  let session: Session | null = null;
  try {
    session = await Session.open(config);
    session.keepAlive();
    await session.run(...BACKUP_SETTINGS, 'BEGIN');
    await session.run(temporaryTable(facts));
    const columns = (await session.rows(TEMPORARY_COLUMNS_SQL)).map(readColumn);
    const table: Table = {
      name: facts.table,
      columns,
      primaryKey: facts.primaryKey,
      uniqueKeys: [],
      foreignKeys: [],
      checks: [],
      triggers: [],
    };
    return await PostgresScratch.open(session, table, facts);
  } catch (error) {
    await session?.close();
    throw scratchFailure(error, place, facts.table);
  }
}

/** The CREATE TABLE of the statements that make the table (create-table.ts). */
const CREATE_TABLE =
  /^CREATE (?:UNLOGGED )?TABLE (?:"(?:[^"]|"")*"|[^".\s])+\.(?:"(?:[^"]|"")*"|[^".\s])+ (\(\n[\s\S]*?\n\))(?= PARTITION BY | WITH \(|;\n|(?![\s\S]))/m;
/** An identity's sequence gets a name of its own there. */
const SEQUENCE_NAME =
  /(AS IDENTITY \()SEQUENCE NAME (?:"(?:[^"]|"")*"|[^".\s])+\.(?:"(?:[^"]|"")*"|[^".\s])+ /g;
/** A sequence that a default asks may be gone; the rows bring their values. */
const NEXT_VALUE = / DEFAULT nextval\('(?:[^']|'')*'::regclass\)/g;

function temporaryTable({ table, createTable }: TableFacts): string {
  const clauses = CREATE_TABLE.exec(createTable)?.[1];
  if (clauses === undefined) throw new TypeError('facts without CREATE TABLE');
  const own = clauses.replace(SEQUENCE_NAME, '$1').replace(NEXT_VALUE, '');
  return `CREATE TEMPORARY TABLE ${quoteName(table)} ${own}`;
}

class PostgresScratch implements Scratch {
  readonly target: CopyTarget;
  readonly snapshot: Snapshot;
  readonly #session: Session;
  readonly #facts: TableFacts;
  readonly #relation: string;
  readonly #columns: readonly WrittenColumn[];

  private constructor(
    session: Session,
    table: Table,
    facts: TableFacts,
    columns: readonly WrittenColumn[],
    target: CopyTarget,
  ) {
    this.#session = session;
    this.#facts = facts;
    this.#relation = temporary(table);
    this.#columns = columns;
    this.target = target;
    this.snapshot = {
      engine: 'postgres',
      engineVersion: '',
      takenAt: new Date(),
      tables: [table.name],
      count: async () => null,
      table: () => Promise.reject(new TypeError('a scratch table is read only as its backup is')),
      read: (_name: string, saved: readonly StoredColumn[]): RowReader =>
        rowReader(session, table, this.#relation, saved),
      close: async () => undefined,
    };
  }

  static async open(session: Session, table: Table, facts: TableFacts): Promise<PostgresScratch> {
    const columns = writtenColumns(table, facts.columns);
    const copy = columns.some(({ cast }) => cast) ? copyIntoStaging : copyInto;
    const target = await copy(session, temporary(table), columns, (work) => guarded(facts, work));
    return new PostgresScratch(session, table, facts, columns, target);
  }

  finish(): Promise<void> {
    return guarded(this.#facts, async () => {
      await this.target.end();
      if (!this.#columns.some(({ cast }) => cast)) return;
      const names = namesOf(this.#columns);
      await this.#session.run(
        `INSERT INTO ${this.#relation} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${ROWS}`,
      );
    });
  }

  /** The server rolls the transaction back. */
  close(): Promise<void> {
    return this.#session.close();
  }
}

async function guarded<T>({ table }: TableFacts, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw scratchFailure(error, 'the scratch table', table);
  }
}

const temporary = ({ name }: Table): string => `pg_temp.${quoteName(name)}`;

/**
 * Rows that a scratch table refuses the table would refuse too: `restore-schema-drift`. That the table cannot be made, for
 * want of a type say, tells nothing of the backup: `table-unsupported`.
 */
function scratchFailure(error: unknown, place: string, table: string): unknown {
  const translated = translate(error, place);
  if (!isDatabaseError(error) || translated !== error) return translated;
  const ofRows = rowFailure(error) !== null;
  const what = ofRows ? `of ${table} does not take the backup` : `like ${table} cannot be made`;
  return new RowferryError(
    ofRows ? 'restore-schema-drift' : 'table-unsupported',
    `a scratch table ${what}: ${error.message}`,
    { cause: error },
  );
}
