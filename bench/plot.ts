/**
 * Draws the ratios of a bench as SVG: a bar for each, beside a line at 1.0, where both are as fast.
 *
 *     node bench/plot.ts results.json docs/performance.svg
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Result } from './result.ts';

const WIDTH = 980;
const LABELS = 480;
const ROW = 26;
const TOP = 56;
/** Ratios from here on are drawn as long as this and named. */
const MOST_RATIO = 1.6;
const SCALE = (WIDTH - LABELS - 60) / MOST_RATIO;

/** Of files with bad rows, which the tools cannot load: they are set beside the same rows without. */
const CLEAN_ROWS = '(clean rows)';

/** `title`: one line on machine and date. Results that are not beside a tool are left out. */
export function plot(results: readonly Result[], title: string): string {
  const bars = results.filter(({ ratio, beside }) => ratio !== '' && !beside.endsWith(CLEAN_ROWS));
  const height = TOP + bars.length * ROW + 24;
  const one = LABELS + SCALE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>Wall time of rowferry as a multiple of that of the native tool</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="8" y="20" font-size="14" font-weight="bold">Wall time beside the native tool (shorter is faster)</text>`,
    `<text x="8" y="38" fill="#555555">${escaped(title)}</text>`,
    ...bars.map((result, index) => bar(result, TOP + index * ROW)),
    `<line x1="${one}" y1="${TOP - 8}" x2="${one}" y2="${height - 18}" stroke="#333333" stroke-dasharray="4 3"/>`,
    `<text x="${one}" y="${height - 6}" text-anchor="middle" fill="#333333">1.0: as fast as the tool</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function bar({ what, beside, ratio }: Result, y: number): string {
  const value = Number(ratio);
  const length = Math.round(Math.min(value, MOST_RATIO) * SCALE);
  const color = value <= 1 ? '#2f7d4f' : '#b3592b';
  const name = what.replace(/, wall time.*$/, '');
  return [
    `<text x="${LABELS - 8}" y="${y + 14}" text-anchor="end">${escaped(name)}</text>`,
    `<rect x="${LABELS}" y="${y + 3}" width="${length}" height="${ROW - 10}" fill="${color}"><title>${escaped(beside)}</title></rect>`,
    `<text x="${LABELS + length + 6}" y="${y + 14}">${ratio}</text>`,
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

if (import.meta.main) {
  const [from = '', to = ''] = process.argv.slice(2);
  const { title, results }: { title: string; results: Result[] } = JSON.parse(readFileSync(from, 'utf8'));
  writeFileSync(to, plot(results, title));
}
