/**
 * Brings the map of src/ in ARCHITECTURE.md up to date: one line per file. Lines that are there stay as they were
 * written, new files get their own first doc sentence to begin with, files that are gone go. A test holds the map
 * and the tree together.
 *
 *     node scripts/architecture-map.ts
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RANKS, rankOf, roomOf } from './ranks.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'ARCHITECTURE.md');
const BEGIN = '<!-- map: node scripts/architecture-map.ts -->';
const END = '<!-- end of map -->';

const COMMENT = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(\n)?(export )?|^<!--[\s\S]*?-->/gm;
const SQL_COMMENT = /^(--.*\n)+/;

/**
 * What a file says of itself in one sentence; null where it says nothing. The comment of the file stands at its top or
 * has an empty line after it; else the first export's is taken.
 */
export function firstSentence(path: string, text: string): string | null {
  const comments = [...text.matchAll(COMMENT)];
  const comment =
    comments.find(({ index, 1: blank }) => index === 0 || blank !== undefined) ??
    comments.find(({ 2: exported }) => exported !== undefined);
  const found = path.endsWith('.sql') ? SQL_COMMENT.exec(text)?.[0] : comment?.[0];
  if (found === undefined) return null;
  const words = found
    .replace(/\s*(export )?$/, '')
    .replace(/^(\/\*\*|<!--)|(\*\/|-->)$/g, '')
    .replace(/^\s*(\*|--)/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  // A sentence ends at a full stop before a capital, so that "e.g. x" and "§ 2.1" do not end one.
  return words.split(/(?<=[.:!?])\s+(?=[A-Z{`]|https?:)/)[0] ?? null;
}

/** Path of a file → its line in the map. */
export function linesOf(page: string): Map<string, string> {
  const lines = new Map<string, string>();
  let folder = '';
  for (const line of page.slice(page.indexOf(BEGIN), page.indexOf(END)).split('\n')) {
    folder = /^\*\*(.+)\/\*\*$/.exec(line)?.[1] ?? folder;
    const [, name, words] = /^- `([^`]+)`: ?(.*)$/.exec(line) ?? [];
    if (name !== undefined && words) lines.set(`${folder}/${name}`, words);
  }
  return lines;
}

/** The map in Markdown. `files`: path from the root → text; `known`: the lines there are. */
export function mapOf(files: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): string {
  const folders = Map.groupBy([...files.keys()].sort(byRank), dirname);
  const words = (path: string): string => known.get(path) ?? firstSentence(path, files.get(path) ?? '') ?? '';
  const lines = [...folders].flatMap(([folder, paths]) => [
    `**${folder}/**`,
    '',
    ...paths.map((path) => `- \`${basename(path)}\`: ${words(path)}`.trimEnd()),
    '',
  ]);
  return lines.join('\n').trimEnd();
}

function byRank(left: string, right: string): number {
  const [first, second] = [roomOf(left), roomOf(right)];
  const place = (room: string): number => RANKS.flat().indexOf(room);
  return (
    Number(dirname(left) !== 'src') - Number(dirname(right) !== 'src') ||
    rankOf(first) - rankOf(second) ||
    place(first) - place(second) ||
    left.split('/').length - right.split('/').length ||
    left.localeCompare(right, 'en')
  );
}

export function readSource(): Map<string, string> {
  const paths = globSync('src/**/*.{ts,sql,html}', { cwd: ROOT });
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

/** The page with its map replaced. Throws when the page has no place for one. */
export function withMap(page: string, map: string): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`ARCHITECTURE.md has no ${BEGIN} … ${END}`);
  return `${page.slice(0, start + BEGIN.length)}\n\n${map}\n\n${page.slice(end)}`;
}

if (import.meta.main) {
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, withMap(page, mapOf(readSource(), linesOf(page))));
}
