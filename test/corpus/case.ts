import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export const CORPUS = import.meta.dirname;

type Properties = Readonly<Record<string, unknown>>;

/** `<name>.expected.json`: a file of the corpus, and what comes of it in a table of its own. */
export interface Expected {
  /** What this case is there for, for a person. */
  readonly shows: string;
  /** Of the table, as they stand in its CREATE TABLE. */
  readonly columns: string;
  /** Declared: a descriptor of any kind that is taken. What it leaves out is sniffed, unless `sniff` is false. */
  readonly dialect?: Properties;
  readonly sniff?: boolean;
  readonly schema?: Properties;
  /** How far what is packed may expand. */
  readonly limits?: { readonly maxExpandedBytes: number };
  /** Of the dialect in the receipt, as far as it is named here. */
  readonly found?: Properties;
  /** As SQLite gives them back, in their order; bytes as `x'2a'`. */
  readonly rows?: ReadonlyArray<readonly unknown[]>;
  /** Physical line and codes. */
  readonly rejects?: ReadonlyArray<readonly (number | string)[]>;
  /** The code of the error that ends the load before it begins, and texts that its message or hint holds. */
  readonly error?: { readonly code: string; readonly says?: readonly string[] };
}

export interface Case extends Expected {
  /** `sniffed/semicolon` */
  readonly name: string;
  readonly path: string;
  readonly table: string;
}

/** Folders of what is not loaded: tools.ts. */
const TOOLS: ReadonlySet<string> = new Set(['cleaned', 'repaired', 'planned']);

/** All cases of the corpus that are loaded, by name. */
export function cases(): Case[] {
  return globSync('**/*.expected.json', { cwd: CORPUS, exclude: (name) => TOOLS.has(name) })
    .sort()
    .map((file) => {
      const name = join(dirname(file), basename(file, '.expected.json'));
      const expected: Expected = JSON.parse(readFileSync(join(CORPUS, file), 'utf8'));
      return { ...expected, name, path: contentOf(name), table: name.replaceAll(/\W/g, '_') };
    });
}

function contentOf(name: string): string {
  const [content, ...others] = globSync(`${name}.{csv,csv.gz,csv.zst,zip}`, { cwd: CORPUS });
  if (content === undefined || others.length > 0) throw new Error(`${name}: expected one content beside it`);
  return join(CORPUS, content);
}
