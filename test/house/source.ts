import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** Path from the root of the repository → text. */
export type Sources = ReadonlyMap<string, string>;

export function readSources(pattern: string): Sources {
  const files = globSync(pattern, { cwd: ROOT }).sort();
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path of the imported file for a relative specifier, else null. */
  readonly file: string | null;
  /** `import type`: gone at run time. An import of nothing but `type` names still runs the module. */
  readonly typeOnly: boolean;
  /** `export … from`. */
  readonly reexport: boolean;
}

// Biome puts every import at the start of a line and quotes with '…'; a dynamic import may stand anywhere.
const STATIC =
  /^(?:(import)\s+(type\s+)?(?:[\w$*{][^;'"]*?\sfrom\s+)?|(export)\s+(type\s+)?[*{][^;'"]*?\sfrom\s+)'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'/g;

/** Every module a TypeScript source names: imports, re-exports, dynamic imports and import types. */
export function importsOf(path: string, text: string): Import[] {
  const found = [...text.matchAll(STATIC)].map((match) => ({
    ...target(path, match[5] ?? ''),
    typeOnly: (match[2] ?? match[4]) !== undefined,
    reexport: match[3] !== undefined,
  }));
  const dynamic = [...withoutComments(text).matchAll(DYNAMIC)].map((match) => ({
    ...target(path, match[1] ?? ''),
    typeOnly: false,
    reexport: false,
  }));
  return [...found, ...dynamic];
}

function target(path: string, specifier: string): Pick<Import, 'specifier' | 'file'> {
  return { specifier, file: specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : null };
}

/** Whole-line and trailing comments are cut; good enough for formatted code. */
export function withoutComments(text: string): string {
  return text
    .replace(/^\s*\/\*[\s\S]*?\*\//gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\s\/\/ .*$/gm, '');
}
