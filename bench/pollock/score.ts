/** Pollock's ten measures of one loaded file. */
import { normalized } from './normalize.ts';

type Rows = readonly (readonly string[])[];

export const MEASURES = [
  'success',
  'header precision',
  'header recall',
  'header F1',
  'record precision',
  'record recall',
  'record F1',
  'cell precision',
  'cell recall',
  'cell F1',
] as const;

/** Each from 0 to 1, in the order of MEASURES; `loaded` is null where the program gave up. */
export function measures(clean: Rows, loaded: Rows | null): number[] {
  if (loaded === null) return MEASURES.map(() => 0);
  if (clean.length === 0) return MEASURES.map(() => 1);
  const records = (rows: Rows): string[] => rows.slice(1).map((row) => row.map(normalized).join(''));
  return [
    1,
    ...overlap((clean[0] ?? []).map(normalized), (loaded[0] ?? []).map(normalized)),
    ...overlap(records(clean), records(loaded)),
    ...overlap(clean.flat(), loaded.flat()),
  ];
}

/** What is in both (as often as in both), as a part of the one, of the other, and their harmonic mean. */
function overlap(clean: readonly string[], loaded: readonly string[]): [number, number, number] {
  if (clean.length === 0) return [1, 1, 1];
  const left = new Map<string, number>();
  for (const each of clean) left.set(each, (left.get(each) ?? 0) + 1);
  let both = 0;
  for (const each of loaded) {
    const count = left.get(each) ?? 0;
    if (count === 0) continue;
    left.set(each, count - 1);
    both++;
  }
  if (both === 0) return [0, 0, 0];
  const precision = both / clean.length;
  const recall = both / loaded.length;
  return [precision, recall, (2 * precision * recall) / (precision + recall)];
}

export interface FileScore {
  readonly name: string;
  readonly weight: number;
  /** Sum of the ten measures. */
  readonly score: number;
}

export interface Score {
  /** Mean over the files, at most 10. */
  readonly simple: number;
  /** Mean over the files as often as they were seen in the survey. */
  readonly weighted: number;
}

export function total(files: readonly FileScore[]): Score {
  let simple = 0;
  let weighted = 0;
  let weights = 0;
  for (const { score, weight } of files) {
    simple += score;
    weighted += score * weight;
    weights += weight;
  }
  return { simple: simple / files.length, weighted: weighted / weights };
}
