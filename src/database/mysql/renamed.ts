import type { TableFacts } from '../../model/stored-table.ts';
import type { Renamed } from '../snapshot.ts';
import { quoteName } from './names.ts';

/**
 * A table of a backup under another name. Names of foreign keys are those of the whole database, on MySQL those of
 * CHECKs too: the server names them; an index keeps its name, which is the table's own. Triggers stay behind.
 */
export function renamedFacts(facts: TableFacts, table: string): Renamed {
  const before = quoteName(facts.table);
  const after = quoteName(table);
  return {
    facts: {
      ...facts,
      table,
      createTable: facts.createTable
        .replace(/^CREATE TABLE `(?:[^`]|``)+`/, () => `CREATE TABLE ${after}`)
        .replace(CONSTRAINT, (_, constraint: string) =>
          constraint.replace(` REFERENCES ${before} (`, () => ` REFERENCES ${after} (`),
        ),
      indexes: facts.indexes.map(({ name, sql }) => ({
        name,
        sql: sql.replace(`ALTER TABLE ${before} `, () => `ALTER TABLE ${after} `),
      })),
      foreignKeys: facts.foreignKeys.map((key) =>
        key.parentTable === facts.table && key.parentSchema === undefined
          ? { ...key, parentTable: table }
          : key,
      ),
      referencedBy: [],
      triggers: [],
    },
    notTaken: facts.triggers.map(({ name }) => `trigger ${name}`),
  };
}

/** Each has a line of its own. */
const CONSTRAINT = /(?<=,\n {2})CONSTRAINT `(?:[^`]|``)+` ((?:FOREIGN KEY|CHECK) .*)/g;
