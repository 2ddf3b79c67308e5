import type { Config } from '../config.ts';
import { readDescriptor } from '../csv/descriptor.ts';
import { resolveDialect } from '../csv/dialect.ts';
import { RowferryError } from '../errors.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';

/** The dialects that are kept in the configuration, and dialects in words. */

/**
 * What is declared for the files of a table: the configuration's, under what was typed. A member to spread, and none
 * where nothing is declared. `dialect-invalid` where both contradict each other.
 */
export function dialectFor(
  { dialects }: Pick<Config, 'dialects'>,
  table: string,
  typed: Partial<Dialect> | undefined,
): { dialect?: Partial<Dialect> } {
  const saved = savedFor(dialects, table);
  if (saved === undefined) return typed === undefined ? {} : { dialect: typed };
  const dialect = { ...readDescriptor(saved), ...typed };
  resolveDialect(dialect);
  return { dialect };
}

function savedFor(dialects: Config['dialects'], table: string): unknown {
  const wanted = table.toLowerCase();
  const name = Object.hasOwn(dialects, table)
    ? table
    : Object.keys(dialects).find((each) => each.toLowerCase() === wanted);
  return name === undefined ? undefined : dialects[name];
}

/** `config-invalid` for the first that is no dialect. */
export function checkDialects({ dialects, file }: Pick<Config, 'dialects' | 'file'>): void {
  for (const [table, descriptor] of Object.entries(dialects)) {
    try {
      resolveDialect(readDescriptor(descriptor));
    } catch (cause) {
      if (!(cause instanceof RowferryError)) throw cause;
      throw new RowferryError('config-invalid', `${file ?? 'dialects'}: of table ${table}, ${cause.detail}`, {
        hint: `mend "dialects" in ${file ?? 'the configuration'}; docs/dialects.md lists all properties`,
        cause,
      });
    }
  }
}

/** The properties that are not the usual ones, as JSON that --dialect takes. The header is said always. */
export function dialectText(dialect: Dialect): string {
  const { header, ...others } = dialect;
  const unusual = Object.entries(others).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(DEFAULT_DIALECT, name)),
  );
  const shown = unusual.length === 0 ? 'RFC 4180' : JSON.stringify(Object.fromEntries(unusual));
  if (header === null) return shown;
  return `${shown}, ${header ? 'with' : 'without'} a header`;
}
