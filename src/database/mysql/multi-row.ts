import type { InsertPlan } from '../../model/plan.ts';
import type { LaidOutRows } from '../row-layout.ts';
import type { Condition } from './failures.ts';
import type { Send } from './load-data.ts';
import { columnList, quoteName, tableName } from './names.ts';
import type { Session } from './session.ts';
import { columnValue } from './values.ts';

/** A statement is no longer than this, nor than half of what the server takes at once. */
const MOST_BYTES = 1 << 20;
/** VALUES() in an upsert, which MySQL 8.0.20 and later call deprecated and MariaDB has no other name for. */
const DEPRECATED = 1287;
/** The server ends a connection on which such a packet comes. */
const TOO_LARGE = 1153;

/** Where LOAD DATA LOCAL is not allowed: with IGNORE, so that the same warnings come. */
export function insertInto(session: Session, plan: InsertPlan): Send {
  return sender(session, plan, `INSERT IGNORE INTO ${tableName(plan)} (${columnList(plan)}) VALUES `, '');
}

/** Strict: rows whose primary keys stand in the table are updated, and all of them or none. */
export function updateIn(session: Session, plan: InsertPlan, key: readonly string[]): Send {
  const set = plan.columns
    .filter((column) => !key.includes(column.name))
    .map(({ name }) => `${quoteName(name)} = VALUES(${quoteName(name)})`);
  // Something must be set: a key part to what it is.
  const name = quoteName(key[0] ?? '');
  const assignments = set.length === 0 ? `${name} = ${name}` : set.join(', ');
  const head = `INSERT INTO ${tableName(plan)} (${columnList(plan)}) VALUES `;
  return sender(session, plan, head, ` ON DUPLICATE KEY UPDATE ${assignments}`);
}

function sender(session: Session, plan: InsertPlan, head: string, tail: string): Send {
  return async (rows) => {
    const packet = session.packetBytes;
    const warnings: Condition[] = [];
    let affected = 0;
    for (const values of valueLists(rows, plan, Math.min(MOST_BYTES, packet / 2))) {
      const sql = head + values + tail;
      if (Buffer.byteLength(sql) >= packet) {
        warnings.push({
          errno: TOO_LARGE,
          message: `the row is larger than max_allowed_packet, ${packet} bytes`,
        });
        continue;
      }
      const done = await session.run(sql);
      affected += done.affected;
      if (done.warnings > 0) warnings.push(...(await session.warnings()));
    }
    return { affected, warnings: warnings.filter(({ errno }) => errno !== DEPRECATED) };
  };
}

/** `(…), (…)`: as many rows as fit, at least one. */
function* valueLists(rows: LaidOutRows, plan: InsertPlan, most: number): Generator<string> {
  const { records } = rows.layout;
  let list: string[] = [];
  let size = 0;
  for (let nth = 0; nth < records.length; nth++) {
    const tuple = valueTuple(rows, plan, nth);
    // A character has at most three bytes of UTF-8 per code unit.
    if (list.length > 0 && size + tuple.length * 3 > most) {
      yield list.join(', ');
      list = [];
      size = 0;
    }
    list.push(tuple);
    size += tuple.length * 3;
  }
  if (list.length > 0) yield list.join(', ');
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The escapes of the encoded row are those of SQL strings; only the quotes are its own. */
function valueTuple({ data, layout }: LaidOutRows, plan: InsertPlan, nth: number): string {
  const row = decoder.decode(data.subarray(layout.starts[nth], (layout.starts[nth + 1] ?? 0) - 1));
  const values = row.split('\t').map((text, c) => {
    const column = plan.columns[c];
    if (text === '\\N' || column === undefined) return 'NULL';
    return columnValue(column, `'${text.replaceAll("'", "''")}'`);
  });
  return `(${values.join(', ')})`;
}
