/**
 * Writes the map of src/ into ARCHITECTURE.md: one line per file, its own first doc sentence. A test holds the two
 * together.
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

/** First sentence of a file's first comment that is not indented; null where there is none. */
export function firstSentence(path: string, text: string): string | null {
  const found = path.endsWith('.sql')
    ? /^(--.*\n)+/m.exec(text)?.[0]
    : /^\/\*\*[\s\S]*?\*\/|^<!--[\s\S]*?-->/m.exec(text)?.[0];
  if (found === undefined) return null;
  const words = found
    .replace(/^(\/\*\*|<!--)|(\*\/|-->)$/g, '')
    .replace(/^\s*(\*|--)/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  // A sentence ends at a full stop before a capital, so that "e.g. x" and "§ 2.1" do not end one.
  return words.split(/(?<=[.:!?])\s+(?=[A-Z{`]|https?:)/)[0] ?? null;
}

/** The map in Markdown. `files`: path from the root → text. */
export function mapOf(files: ReadonlyMap<string, string>): string {
  const folders = Map.groupBy([...files.keys()].sort(byRank), dirname);
  const lines = [...folders].flatMap(([folder, paths]) => [
    `**${folder}/**`,
    '',
    ...paths.map((path) => `- \`${basename(path)}\`: ${firstSentence(path, files.get(path) ?? '') ?? ''}`),
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

if (import.meta.main) writeFileSync(PAGE, withMap(readFileSync(PAGE, 'utf8'), mapOf(readSource())));
