import type { Table } from '../../model/table.ts';
import type { Session } from './session.ts';

/**
 * Engines other than InnoDB, system versions, partitions, indexes over an expression or over the beginning of a column,
 * and texts in other character sets, which may lack a character.
 */
const HIDDEN = `SELECT 1 AS hidden FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
      AND (ENGINE <> 'InnoDB' OR TABLE_TYPE <> 'BASE TABLE' OR CREATE_OPTIONS LIKE '%partitioned%')
  UNION ALL SELECT 1 FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
      AND (COLUMN_NAME IS NULL OR SUB_PART IS NOT NULL OR INDEX_TYPE <> 'BTREE')
  UNION ALL SELECT 1 FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND CHARACTER_SET_NAME <> 'utf8mb4'`;

/** By DATA_TYPE: what the check knows all about. */
const KNOWN = /^(?:(?:tiny|small|medium|big)?int|integer|decimal|double|date|datetime|varchar|text)\b/i;

/** What MySQL and MariaDB ask of rows beyond the dictionary. */
export async function hasHiddenRules(session: Session, { name, columns }: Table): Promise<boolean> {
  if (!columns.every(({ sqlType }) => KNOWN.test(sqlType))) return true;
  return (await session.rows(HIDDEN, [name, name, name])).length > 0;
}
