import type { Table } from '../../model/table.ts';
import { isJudged } from './encoders.ts';
import { qualified } from './names.ts';
import { rightsOn } from './rights.ts';
import type { Session } from './session.ts';

/**
 * Partitions, inheritance, row security, domains, exclusion constraints, indexes over a part of the rows or over an
 * expression, keys that NULLs are equal in, keys that wait for the end, and values that are too long for an index
 * (a third of a page; four bytes for a character).
 */
const HIDDEN = `SELECT c.relkind <> 'r' OR c.relhassubclass OR c.relrowsecurity
    OR pg_encoding_to_char(d.encoding) <> 'UTF8'
    OR EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = c.oid)
    OR EXISTS (SELECT 1 FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND y.typtype <> 'b')
    OR EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND (i.indisexclusion OR NOT i.indimmediate
      OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR NOT i.indisvalid
      OR coalesce(to_jsonb(i)->>'indnullsnotdistinct', 'false') <> 'false'
      OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
        AND a.attlen < 0 AND a.atttypmod NOT BETWEEN 0 AND 204))) AS hidden
  FROM pg_class c JOIN pg_database d ON d.datname = current_database() WHERE c.oid = to_regclass($1)`;

/**
 * What PostgreSQL asks of rows beyond the dictionary: also where the role may not look up keys and parents, and for
 * types whose values only the database knows.
 */
export async function hasHiddenRules(session: Session, table: Table): Promise<boolean> {
  if (!table.columns.every((column) => isJudged(column))) return true;
  const name = qualified(table.schema, table.name);
  const [row] = await session.rows(HIDDEN, [name]);
  if (row?.hidden !== 0 || !(await rightsOn(session, name)).sees) return true;
  for (const { parentSchema, parentTable } of table.foreignKeys) {
    if (!(await rightsOn(session, qualified(parentSchema, parentTable))).locks) return true;
  }
  return false;
}
