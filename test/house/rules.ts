/** The rules of the house as functions from sources to the list of breaches, one line each. */
import { basename } from 'node:path';
import { rankOf, roomOf } from '../../scripts/ranks.ts';
import { importsOf, type Sources, withoutComments } from './source.ts';

/** Loose files that every room may use; they use each other and the folders of their own rank. */
const FOUNDATION = ['errors', 'config', 'log'];
const MOST_LINES = 400;

/** Downward only; folders of one rank do not import each other. Holds for types too. */
export function rankBreaches(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    importsOf(path, text).flatMap(({ file }) => {
      const breach = file === null ? null : rankBreach(roomOf(path), roomOf(file));
      return breach === null ? [] : [`${path} imports ${file}: ${breach}`];
    }),
  );
}

function rankBreach(from: string, to: string): string | null {
  if (from === to) return null;
  if (rankOf(from) < 0) return `the room ${from} has no rank`;
  if (rankOf(to) < 0) return `the room ${to} has no rank`;
  if (rankOf(to) > rankOf(from)) return `${to} stands above ${from}`;
  if (rankOf(to) < rankOf(from) || FOUNDATION.includes(to) || FOUNDATION.includes(from)) return null;
  return `${to} and ${from} are of one rank`;
}

/** Files that import each other's values in a circle; each circle once, as `a → b → a`. */
export function cycles(sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(path);
    if (seen >= 0) found.push([...trail.slice(seen), path].join(' → '));
    if (seen >= 0 || done.has(path)) return;
    for (const { file, typeOnly } of importsOf(path, sources.get(path) ?? '')) {
      if (file !== null && !typeOnly) visit(file, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

/** What a module and all it imports at run time takes from Node or from packages: a browser has none of it. */
export function outsideOf(sources: Sources, entry: string): string[] {
  const reached = new Set([entry]);
  const breaches: string[] = [];
  for (const path of reached) {
    const text = sources.get(path) ?? '';
    for (const { specifier, file, typeOnly } of importsOf(path, text)) {
      if (typeOnly) continue;
      if (file === null) breaches.push(`${path} imports ${specifier}`);
      else reached.add(file);
    }
    const [global] = /\b(Buffer|process)\.\w|\bsetImmediate\(/.exec(withoutComments(text)) ?? [];
    if (global !== undefined) breaches.push(`${path} uses ${global.split(/\W/)[0]}`);
  }
  return breaches;
}

interface Owner {
  readonly what: string;
  readonly uses: (path: string, text: string) => boolean;
  readonly owner: RegExp;
}

const importing =
  (specifier: RegExp) =>
  (path: string, text: string): boolean =>
    importsOf(path, text).some((found) => specifier.test(found.specifier));
const saying =
  (pattern: RegExp) =>
  (_path: string, text: string): boolean =>
    pattern.test(withoutComments(text));

/** One owner for each outside thing. */
const OWNERS: readonly Owner[] = [
  {
    what: 'a SQL driver',
    uses: importing(/^(node:sqlite|better-sqlite3|sqlite3|pg|pg-[\w-]+|postgres|mysql2?|mariadb)(\/|$)/),
    owner: /^src\/database\/[^/]+\//,
  },
  { what: 'NATS', uses: importing(/^(@nats-io\/|nats$)/), owner: /^src\/queue\/jetstream\.ts$/ },
  { what: 'Fastify', uses: importing(/^(@fastify\/|fastify($|-))/), owner: /^src\/server\// },
  {
    what: 'process.env',
    uses: saying(/\bprocess\.env\b/),
    // Before anything else of the program is read.
    owner: /^src\/(config|cli\/keep-compiled)\.ts$/,
  },
  { what: 'process.argv', uses: saying(/\bprocess\.argv\b/), owner: /^src\/cli\// },
  { what: 'stdout', uses: saying(/\bprocess\.stdout\b|\bconsole\.\w/), owner: /^src\/(cli\/|log\.ts$)/ },
];

export function ownerBreaches(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    OWNERS.filter(({ uses, owner }) => !owner.test(path) && uses(path, text)).map(
      ({ what, owner }) => `${path} uses ${what}, which belongs to ${owner.source}`,
    ),
  );
}

/** Re-exports outside `entries`, the modules that package.json exports: what they show is their purpose. */
export function barrels(sources: Sources, entries: readonly string[]): string[] {
  return [...sources]
    .filter(([path, text]) => {
      if (entries.includes(path)) return false;
      return basename(path) === 'index.ts' || importsOf(path, text).some(({ reexport }) => reexport);
    })
    .map(([path]) => `${path} re-exports; only ${entries.join(', ')} may`);
}

export function longFiles(sources: Sources): string[] {
  return [...sources]
    .map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines, at most ${MOST_LINES}`);
}

export function oddNames(paths: Iterable<string>): string[] {
  return [...paths]
    .filter((path) => !path.split('/').every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(part)))
    .map((path) => `${path} is not kebab-case`);
}
