import { relative } from 'node:path';
import type { LoadResult } from '../client/client.ts';
import { oneLine } from '../log.ts';
import { type Counts, isRefusedWhole, type Reason } from '../model/receipt.ts';
import { count, plural, seconds, size } from './format.ts';
import type { Ui } from './ui.ts';

/** A load's result with the path of its not_added file, absolute; null when nothing was rejected. */
export interface LoadedFile extends LoadResult {
  readonly rejects: string | null;
  /** The load whose rejects these records are, mended. */
  readonly parent?: string;
}

const HEADS = ['table', 'read>', 'loaded>', 'rejected>', 'duplicate>', 'size>', 'seconds>', 'rows/s>', ''];

/** The table of results, then for each file its reasons, its balance, where its rejects lie. */
export function printSummary(ui: Ui, results: readonly LoadedFile[]): void {
  if (results.length === 0) return;
  ui.line();
  ui.table(
    HEADS,
    results.map((result) => summaryRow(ui, result)),
  );
  for (const result of results) printAccount(ui, result);
}

function summaryRow(ui: Ui, result: LoadedFile): string[] {
  const rejected = count(result.rejected);
  return [
    oneLine(result.table),
    count(result.read),
    count(loadedNow(result)),
    result.rejected > 0 ? ui.warn(rejected) : rejected,
    count(duplicates(result)),
    size(result.bytes),
    seconds(result.seconds),
    count(result.rowsPerSecond),
    isWhole(result) ? ui.good('✓') : ui.bad('✗'),
  ];
}

/** Of a file that was loaded before nothing is loaded now: its rows are duplicates. */
function loadedNow(result: LoadedFile): number {
  return result.state === 'duplicate' ? 0 : result.inserted + result.updated;
}

/** The good rows of an atomic load that was refused are none: they are not in the table. */
function duplicates(result: LoadedFile): number {
  if (isRefusedWhole(result)) return 0;
  return result.state === 'duplicate' ? result.read - result.rejected : result.skipped;
}

/** All of the file was read, and every row of it is accounted for. */
function isWhole(result: LoadedFile): boolean {
  return result.state !== 'aborted' && result.state !== 'failed' && balances(result);
}

function balances(counts: Counts): boolean {
  return counts.read === counts.inserted + counts.updated + counts.skipped + counts.rejected;
}

export function printAccount(ui: Ui, result: LoadedFile): void {
  ui.line();
  ui.line(`${ui.bold(oneLine(result.table))} from ${oneLine(result.file)} ${ui.dim(`load ${result.load}`)}`);
  if (result.state === 'duplicate') {
    ui.line('  this content was loaded before: nothing was added. Its receipt says:');
  }
  if (result.parent !== undefined)
    ui.line(`  mended records of load ${result.parent}: those that are loaded are its rejects no more`);
  if (result.detail !== null) ui.line(`  ${ui.warn(oneLine(result.detail))}`);
  ui.line(`  ${balanceLine(result)}`);
  for (const reason of result.reasons) ui.line(`    ${reasonLine(reason)}`);
  if (result.rejects !== null) {
    ui.line(`  rejected records: ${oneLine(fromHere(result.rejects))} (why: .reasons.csv beside it)`);
  }
}

/** The promise, with its numbers. */
export function balanceLine(counts: Counts): string {
  const { read, inserted, updated, skipped, rejected } = counts;
  const parts = [`${count(inserted)} inserted`, `${count(updated)} updated`, `${count(skipped)} skipped`];
  const sum = [...parts, `${count(rejected)} rejected`].join(' + ');
  return `${count(read)} read = ${sum} ${balances(counts) ? '✓' : '✗ DOES NOT BALANCE'}`;
}

export function reasonLine({ code, column, count: times, firstLine }: Reason): string {
  const what = column === null ? code : `${code} in ${oneLine(column)}`;
  return `${count(times).padStart(6)} × ${what}, first in line ${count(firstLine)}`;
}

/** As it can be typed from the current folder. */
function fromHere(path: string): string {
  const short = relative('.', path);
  return short.startsWith('..') ? path : short;
}

function afterRefusal({ load, rejected }: LoadedFile): string {
  const see = rejected > 0 ? `rowferry rejects ${load}   (where and why)` : `rowferry receipts ${load}`;
  return `${see}; mend the file or the table and load it again, or load what is good: without --atomic`;
}

/** The next command to type, by what became of the files. */
export function nextStep(results: readonly LoadedFile[]): string {
  const refused = results.find(isRefusedWhole);
  if (refused !== undefined) return afterRefusal(refused);
  const stopped = results.find((result) => result.state === 'aborted');
  if (stopped !== undefined) {
    const byItsRejects = stopped.rejected > 0 || stopped.reasons.length > 0;
    if (!byItsRejects) return 'the same again goes on where it was ended';
    return 'is it the right table? If so, mend the file, or go on in spite of the rejects: --max-rejects 100%';
  }
  const rejected = results.find((result) => result.rejected > 0);
  if (rejected === undefined) return 'rowferry receipts';
  return `rowferry rejects ${rejected.parent ?? rejected.load}   (${plural(rejected.rejected, 'reject')}: where and why)`;
}
