/** `npm run bench -- --only pollock`: `clean` on the files of the rebuilt Pollock benchmark. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { clean } from '../../src/clean/clean.ts';
import type { CleanOptions } from '../../src/clean/report.ts';
import type { Dialect } from '../../src/model/dialect.ts';
import type { Result } from '../result.ts';
import { type Parameters, type Polluted, pollutedFiles } from './pollute.ts';
import { readByPython } from './python.ts';
import { type FileScore, measures, type Score, total } from './score.ts';

/** What a reader is told of a file, as a dialect. */
export function dialectOf(parameters: Parameters): Partial<Dialect> {
  const { delimiter, quotechar, escapechar, header_lines, preamble_lines } = parameters;
  const doubled = escapechar === quotechar;
  return {
    delimiter,
    quoteChar: quotechar,
    doubleQuote: doubled,
    escapeChar: doubled || escapechar === '' ? null : escapechar,
    header: header_lines > 0,
    headerRows: Array.from({ length: Math.max(1, header_lines) }, (_, row) => row + 1),
    skipRows: preamble_lines,
    ragged: 'repair',
  };
}

export function scoreOf({ name, weight, clean: rows }: Polluted, loaded: string[][] | null): FileScore {
  return { name, weight, score: measures(rows, loaded).reduce((sum, each) => sum + each) };
}

/** The rows that `clean` writes; null where it throws. */
export async function cleaned(
  file: Polluted,
  folder: string,
  options: CleanOptions,
): Promise<string[][] | null> {
  const path = join(folder, 'polluted.csv');
  const out = join(folder, 'clean.csv');
  writeFileSync(path, file.content);
  try {
    await clean(path, { ...options, out });
  } catch {
    return null;
  }
  return parse(readFileSync(out), { relax_column_count: true, skip_empty_lines: true });
}

/** Scores of 10, and on the way the files that lost something. */
export async function pollock(say: (line: string) => void): Promise<Result[]> {
  const files = [...pollutedFiles()];
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-pollock-'));
  try {
    const declared: FileScore[] = [];
    const auto: FileScore[] = [];
    for (const file of files) {
      declared.push(scoreOf(file, await cleaned(file, folder, { dialect: dialectOf(file.parameters) })));
      auto.push(scoreOf(file, await cleaned(file, folder, { auto: true })));
    }
    const read = readByPython(files);
    const python = files.map((file, at) => scoreOf(file, read[at] ?? null));
    for (const [name, scores] of Object.entries({
      'clean, told': declared,
      'clean --auto': auto,
      'Python, told': python,
    })) {
      say(`\nPollock, ${name}: points lost`);
      for (const [kind, count, lost] of losses(scores)) say(`  ${lost.toFixed(2)}  ${kind} (${count})`);
    }
    return [
      ...results('told the parameters', declared, python, TARGETS.told),
      ...results('--auto', auto, python, TARGETS.auto),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Simple and weighted. */
const TARGETS = { told: [9.975, 9.97], auto: [9.85, 9.7] } as const;

/** Beside it stands Python's csv module, which was told the parameters: published as 9.967 and 9.922. */
function results(
  how: string,
  ours: readonly FileScore[],
  python: readonly FileScore[],
  [simple, weighted]: readonly [number, number],
): Result[] {
  const result = (kind: keyof Score, target: number): Result => {
    const [value, beside] = [total(ours)[kind], total(python)[kind]];
    const ratio = (value / beside).toFixed(3);
    const what = `clean on Pollock's files, rebuilt, ${how}: ${kind} score`;
    return {
      what,
      value: value.toFixed(3),
      beside: `${beside.toFixed(3)} (Python, told)`,
      ratio,
      target: `≥ ${target}`,
    };
  };
  return [result('simple', simple), result('weighted', weighted)];
}

/** Files that lost something, gathered by their kind, the most costly first. */
export function losses(files: readonly FileScore[]): [kind: string, files: number, lost: number][] {
  const kinds = new Map<string, [files: number, lost: number]>();
  for (const { name, score } of files) {
    if (score > 10 - 1e-9) continue;
    const kind = name.startsWith('row_') ? name.replace(/\d+/, 'N') : name;
    const [count, lost] = kinds.get(kind) ?? [0, 0];
    kinds.set(kind, [count + 1, lost + 10 - score]);
  }
  return [...kinds]
    .map(([kind, [count, lost]]): [string, number, number] => [kind, count, lost])
    .sort((a, b) => b[2] - a[2]);
}
