import type { Dialect } from '../../model/dialect.ts';
import { consistencyOf, usualness } from './consistency.ts';
import { fitOf, type SniffTable } from './fit.ts';
import { type Fixed, type Layout, layoutAlone, layoutFor } from './layout.ts';
import type { Question, Reading } from './question.ts';
import { shapesOf } from './shapes.ts';
import { type Row, type Shape, type TokenizeOptions, tokenize } from './tokenize.ts';

/** A text as one shape reads it. */
export interface Candidate {
  readonly shape: Shape;
  readonly rows: readonly Row[];
  readonly layout: Layout;
  /** With a table the share of records that fit it; otherwise how much like a table it looks. 0 to 1. */
  readonly score: number;
  /** The header has the names of the table, all of them known. */
  readonly named: boolean;
}

export interface Ranking {
  readonly best: Candidate;
  /** The best first. */
  readonly others: readonly Candidate[];
  readonly question: Question | null;
}

export interface RankOptions extends TokenizeOptions {
  readonly table?: SniffTable | undefined;
  readonly declared: Partial<Dialect>;
}

/** Rows that tell a shape from another. */
const TRIED_ROWS = 150;
/** What another shape must have more than that of RFC 4180, and at least. */
const MARGIN = 0.1;
const CONVINCING = 0.5;
/** Candidates whose scores are nearer than this are equals. */
const NEAR = 0.02;

/** The shapes that the text may be written in, by how well they read it. */
export function rank(text: string, options: RankOptions): Ranking {
  const read = shapesOf(text, options.declared).map((shape) =>
    candidate(text, shape, { ...options, maxRows: TRIED_ROWS }),
  );
  const candidates = distinct(read.filter((each) => isPlausible(each, read)));
  const [usual] = candidates;
  if (usual === undefined) throw new TypeError('no shape to read a text with');
  const ranked = candidates.toSorted((a, b) => worthOf(b) - worthOf(a));
  const best = options.table === undefined ? (ranked[0] ?? usual) : bestFor(usual, ranked);
  const others = ranked.filter((each) => each !== best);
  return { best, others, question: questionOf(best, others, options.table !== undefined) };
}

export function candidate(text: string, shape: Shape, options: RankOptions): Candidate {
  const { table, declared } = options;
  const rows = table === undefined ? rowsAlone(text, shape, options) : tokenize(text, shape, options);
  const fixed: Fixed = declared;
  if (table === undefined) {
    const layout = layoutAlone(rows, { ...fixed, delimiter: shape.delimiter });
    return { shape, rows, layout, score: consistencyOf(rows, shape).score, named: false };
  }
  const layout = layoutFor(rows, table, fixed);
  const { columns, records, names } = layout;
  const named = names !== null && columns?.every((column) => column !== null) === true;
  const score = records.length === 0 ? Number(named) : fitOf(records, columns ?? []).written;
  return { shape, rows, layout, score, named };
}

/**
 * Words have apostrophes in them: between apostrophes they are data, where all fields that begin with one end in their
 * line, and none is escaped.
 */
function rowsAlone(text: string, shape: Shape, options: RankOptions): Row[] {
  const rows = tokenize(text, shape, options);
  if (shape.quoteChar !== "'" || text.includes("\\'") || !rows.some((row) => row.fault)) return rows;
  const lenient = tokenize(text, shape, { ...options, lenient: true });
  const spans = ({ cells, fault }: Row): boolean => fault || cells.some((cell) => /[\r\n]/.test(cell));
  return lenient.some(spans) ? rows : lenient;
}

/** A header that names columns of the table is no accident. */
function worthOf({ score, named, layout, shape }: Candidate): number {
  return score * usualness(shape) + (named && layout.width > 1 ? 1 : 0);
}

/**
 * RFC 4180 unless another shape fits clearly better: what a file has of bad records is for the load to reject. An
 * escape changes no other field, so it needs no margin.
 */
function bestFor(usual: Candidate, ranked: readonly Candidate[]): Candidate {
  const [best = usual] = ranked;
  if (best.named && !usual.named) return best;
  const escaped = ranked.find(
    ({ shape, score }) =>
      shape.delimiter === usual.shape.delimiter &&
      shape.quoteChar === usual.shape.quoteChar &&
      score > usual.score,
  );
  const least = Math.max(CONVINCING, usual.score + MARGIN);
  return best.score >= least ? best : (escaped ?? usual);
}

/** Shapes that only look better because they explain away what is wrong with a few records are none. */
function isPlausible({ shape, rows }: Candidate, all: readonly Candidate[]): boolean {
  if (isDoubled(shape, rows, all)) return false;
  if (shape.quoteChar !== null) return true;
  const quoted = all.find((each) => each.shape.delimiter === shape.delimiter && each.shape.quoteChar === '"');
  const faults = quoted?.rows.filter((row) => row.fault).length ?? 0;
  return quoted === undefined || (faults >= 5 && faults * 10 >= rows.length);
}

/** Where every second field is empty in every record, what stands between fields is the delimiter twice. */
function isDoubled(
  { delimiter, quoteChar }: Shape,
  rows: readonly Row[],
  all: readonly Candidate[],
): boolean {
  const twice = delimiter + delimiter;
  if (!all.some(({ shape }) => shape.delimiter === twice && shape.quoteChar === quoteChar)) return false;
  const records = rows.filter((row) => row.cells.length > 1);
  return records.every(({ cells, quoted }) =>
    cells.every((cell, i) => i % 2 === 0 || (cell === '' && !quoted[i])),
  );
}

/** Of shapes that read the same, the first. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Map<string, Candidate>();
  for (const each of candidates) {
    const reading = `${each.score}${each.rows.map(({ cells, fault }) => [...cells, fault].join('\u0000')).join('\u0001')}`;
    if (!seen.has(reading)) seen.set(reading, each);
  }
  return [...seen.values()];
}

function questionOf(best: Candidate, others: readonly Candidate[], withTable: boolean): Question | null {
  const equal = others.find(
    (other) =>
      // A space after the delimiter is part of it or passed over: the fields are the same.
      other.shape.delimiter.trim() !== best.shape.delimiter.trim() &&
      other.named === best.named &&
      other.layout.width > 1 &&
      best.layout.width > 1 &&
      best.score >= (withTable ? CONVINCING : 0) &&
      best.score - other.score < NEAR * best.score,
  );
  if (equal === undefined || equal.score === 0) return null;
  const at = best.rows.findLastIndex((row) => row.cells.length === best.layout.width);
  return {
    about: `line ${(best.rows[at]?.line ?? 0) + 1}`,
    readings: [reading(best, at), reading(equal, at)],
  };
}

function reading({ shape, rows }: Candidate, at: number): Reading {
  const line = rows[at]?.line;
  const cells = rows.find((row) => row.line === line)?.cells ?? [];
  const shows = cells.slice(0, 8).map((cell) => `[${cell.slice(0, 30)}]`);
  const quoted = shape.quoteChar === '"' ? {} : { quoteChar: shape.quoteChar };
  return { dialect: { delimiter: shape.delimiter, ...quoted }, shows: shows.join(' ') };
}
