import type { StoredColumn } from '../../model/stored-table.ts';
import type { Table } from '../../model/table.ts';
import { privilegeError } from '../restore-failures.ts';
import { isDatabaseError } from './failures.ts';
import { quoteName } from './names.ts';
import {
  CopyTarget,
  type Guard,
  integerBytes,
  type TargetColumn,
  type TextForm,
  textFormOf,
} from './row-target.ts';
import type { Session } from './session.ts';

/** The rows of a backup in a temporary table, where not all of them can go straight into their own. */

const STAGING = 'pg_temp.rowferry_staging';
/** The staged rows with the columns and types of their table. */
export const ROWS = 'pg_temp.rowferry_rows';

/** A column that is written, and the one of the table that takes it. */
export interface WrittenColumn extends TargetColumn {
  readonly name: string;
  readonly sqlType: string;
  /** Only the server makes values of the texts: they are staged as texts. */
  readonly cast: boolean;
}

/** Generated columns are left out. */
export function writtenColumns(table: Table, saved: readonly StoredColumn[]): readonly WrittenColumn[] {
  return saved.flatMap((column) => {
    const own = table.columns.find(({ name }) => name === column.name);
    if (own === undefined || column.generated) return [];
    const textForm: TextForm | null = column.form.kind === 'string' ? textFormOf(own) : 'text';
    return [
      {
        column,
        name: quoteName(own.name),
        sqlType: own.sqlType,
        textForm: textForm ?? 'text',
        cast: textForm === null,
        integerBytes: integerBytes(own),
      },
    ];
  });
}

export const namesOf = (columns: readonly WrittenColumn[], prefix = ''): string =>
  columns.map(({ name }) => prefix + name).join(', ');

/** Takes rows straight into the table. */
export async function copyInto(
  session: Session,
  table: string,
  columns: readonly WrittenColumn[],
  guard: Guard,
): Promise<CopyTarget> {
  const sql = `COPY ${table} (${namesOf(columns)}) FROM STDIN (FORMAT binary)`;
  return new CopyTarget(await session.copyFrom(sql), columns, guard);
}

/** Takes rows into the staging table, which is gone with the transaction. */
export async function copyIntoStaging(
  session: Session,
  table: string,
  columns: readonly WrittenColumn[],
  guard: Guard,
): Promise<CopyTarget> {
  const kept = columns.map(({ name, cast }, index) => `${cast ? 'NULL::text' : name} AS c${index}`);
  const rows = columns.map(
    ({ name, cast, sqlType }, index) => `${cast ? valueFrom(`c${index}`, sqlType) : `c${index}`} AS ${name}`,
  );
  try {
    await session.run(
      `CREATE TEMPORARY TABLE rowferry_staging ON COMMIT DROP AS SELECT ${kept.join(', ')} FROM ${table} WITH NO DATA`,
      `CREATE TEMPORARY VIEW rowferry_rows AS SELECT ${rows.join(', ')} FROM ${STAGING}`,
    );
  } catch (error) {
    throw isDatabaseError(error) && error.code === '42501' ? noTemporary(error) : error;
  }
  const sql = `COPY ${STAGING} (${columns.map((_, index) => `c${index}`).join(', ')}) FROM STDIN (FORMAT binary)`;
  return new CopyTarget(await session.copyFrom(sql), columns, guard);
}

/** Of a text. The cast to regclass looks a name up, and knows neither `-` nor the number of what is gone. */
const valueFrom = (text: string, sqlType: string): string =>
  sqlType === 'regclass' ? `regclassin(textout(${text}))` : `${text}::${sqlType}`;

function noTemporary(cause: Error): Error {
  return privilegeError(
    `the rows of this table wait in a temporary table, which the role may not make: ${cause.message}`,
    'GRANT TEMPORARY ON DATABASE name TO role',
    cause,
  );
}

/** Statistics, as nobody else makes them of a temporary table. */
export const analyzeStaging = (session: Session): Promise<void> => session.run(`ANALYZE ${STAGING}`);

export const dropStaging = (session: Session): Promise<void> =>
  session.run(`DROP VIEW ${ROWS}`, `DROP TABLE ${STAGING}`);
