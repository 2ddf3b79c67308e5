import type { Config } from '../config.ts';
import { readDescriptor } from '../csv/descriptor.ts';
import { resolveDialect } from '../csv/dialect.ts';
import type { Told } from '../csv/sniff/content.ts';
import { inWords } from '../csv/sniff/in-words.ts';
import { RowferryError } from '../errors.ts';
import { oneLine } from '../log.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import type { Ui } from './ui.ts';

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

/** The properties that are not the usual ones; not the header, which is found for each file. */
export function unusualIn({ header: _header, ...others }: Dialect): Partial<Dialect> {
  const unusual = Object.entries(others).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(DEFAULT_DIALECT, name)),
  );
  return Object.fromEntries(unusual);
}

/** What is not usual, as JSON that --dialect takes, and the header. */
export function dialectText(dialect: Dialect): string {
  const unusual = unusualIn(dialect);
  const shown = Object.keys(unusual).length === 0 ? 'RFC 4180' : JSON.stringify(unusual);
  return dialect.header === null ? shown : `${shown}, ${dialect.header ? 'with' : 'without'} a header`;
}

/** How a file is read that is not RFC 4180, and what of it is not certain, for a person. */
export function toldLines(ui: Ui, file: string, { dialect, found, warnings }: Told): string[] {
  const name = oneLine(file);
  const read = `${name} read as: ${oneLine(inWords(dialect))} (sniffed; --dialect … to declare)`;
  return [
    ...(found ? [read] : []),
    ...warnings.map((warning) => `${ui.warn('!')} ${name}: ${oneLine(warning)}`),
  ];
}
