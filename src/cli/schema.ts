import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { isPackage, parseDescriptor, schemaIn } from '../dictionary/schema/descriptor.ts';
import { readSchema } from '../dictionary/schema/schema.ts';
import { RowferryError } from '../errors.ts';
import { oneLine } from '../log.ts';
import type { Ui } from './ui.ts';

/** The Table Schemas of files that are loaded: as typed, or by the configuration. */

export function withSchema(command: Command): Command {
  return command.option(
    '--schema <file>',
    'what the rows are to be beside the rules of their table: a Table Schema, or a data package of several',
  );
}

type Descriptor = ReturnType<typeof parseDescriptor>;
export interface WithSchema {
  readonly schema?: Descriptor;
}

/**
 * The schema of each table that files go into, a member to spread. What a schema says in vain is noted once.
 * `schema-invalid`, and `usage` where one schema is typed for files of several tables.
 */
export function schemasFor(
  ui: Ui,
  config: Pick<Config, 'schemas'>,
  typed: string | undefined,
  files: ReadonlyArray<{ readonly table: string }>,
): ReadonlyMap<string, WithSchema> {
  const names = [...new Set(files.map((file) => file.table))];
  const descriptor = typed === undefined ? undefined : readFile(typed, '--schema');
  if (descriptor !== undefined && !isPackage(descriptor) && names.length > 1) {
    throw new RowferryError('usage', `--schema is for one table; the files go into ${names.join(', ')}`, {
      hint: 'load them one after the other, or give a data package with a resource for each table',
    });
  }
  return new Map(
    names.map((table) => {
      const schema = descriptor === undefined ? configured(config, table) : schemaIn(descriptor, table);
      if (schema === undefined) return [table, {}];
      for (const warning of readSchema(schema).warnings)
        ui.note(`schema of ${oneLine(table)}: ${oneLine(warning)}`);
      return [table, { schema }];
    }),
  );
}

function configured({ schemas }: Pick<Config, 'schemas'>, table: string): Descriptor | undefined {
  const wanted = table.toLowerCase();
  const name = Object.hasOwn(schemas, table)
    ? table
    : Object.keys(schemas).find((each) => each.toLowerCase() === wanted);
  const path = name === undefined ? undefined : schemas[name];
  return path === undefined ? undefined : schemaIn(readFile(path, 'schemas'), table);
}

/** `config-invalid` for the first that is no schema. */
export function checkSchemas({ schemas, file }: Pick<Config, 'schemas' | 'file'>): void {
  for (const [table, path] of Object.entries(schemas)) {
    try {
      const schema = schemaIn(readFile(path, 'schemas'), table);
      if (schema !== undefined) readSchema(schema);
    } catch (cause) {
      if (!(cause instanceof RowferryError)) throw cause;
      throw new RowferryError('config-invalid', `${file ?? 'schemas'}: of table ${table}, ${cause.detail}`, {
        hint: `mend "schemas" in ${file ?? 'the configuration'}, or the file; docs/schemas.md says what is read of it`,
        cause,
      });
    }
  }
}

/** Of a data package: it may describe more than its tables. */
const MAX_BYTES = 4 << 20;

function readFile(path: string, said: string): Descriptor {
  let json: string;
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw new RangeError(`it is larger than ${MAX_BYTES} bytes`);
    json = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('usage', `the schema ${path} (${said}) cannot be read: ${detail}`, {
      hint: 'give the path of a JSON file; rowferry tables --schema TABLE writes one to begin with',
      cause,
    });
  }
  return parseDescriptor(json, path);
}
