import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { RowferryError } from '../errors.ts';
import { failpoint } from '../lib/failpoint.ts';
import { oneLine } from '../log.ts';
import type { Counts } from '../model/receipt.ts';
import { type Claim, exists, release } from './claim.ts';
import type { Contents } from './contents.ts';
import type { LoadOutcome } from './contract.ts';
import type { Folders } from './folders.ts';
import { nameBeside, nameWith } from './names.ts';

/**
 * The last step: the receipt (or the reason) first, then the file by rename. A crash in between leaves the file in
 * data/work; the next start comes to the same end and finds its own receipt by the claim's id.
 */

/** The file to data/done, its receipt beside it. Returns where it lies now, relative to home. */
export async function placeDone(folders: Folders, claimed: Claim, contents: Contents): Promise<string> {
  const text = `${JSON.stringify(receiptOf(claimed, contents), null, 2)}\n`;
  return await place(folders, folders.done, claimed, '.receipt.json', text);
}

/** That of a file is its load's; that of an archive has one for each member, and the sums. */
function receiptOf(claimed: Claim, { kind, loaded }: Contents): object {
  const end = { file: claimed.name, doneAt: new Date().toISOString() };
  const [only] = loaded;
  if (kind !== 'zip')
    return { claim: claimed.id, ...only?.outcome, file: end.file, table: only?.table, doneAt: end.doneAt };
  const members = loaded.map(({ name, table, outcome }) => ({ ...outcome, file: name, table }));
  return { claim: claimed.id, state: stateOf(members), ...sumOf(members), members, ...end };
}

function stateOf(members: readonly LoadOutcome[]): string {
  if (members.every(({ state }) => state === 'duplicate')) return 'duplicate';
  return members.some(({ rejected }) => rejected > 0) ? 'completed_with_rejects' : 'completed';
}

function sumOf(members: readonly Counts[]): Counts {
  const sum = (of: keyof Counts) => members.reduce((total, member) => total + member[of], 0);
  return {
    read: sum('read'),
    inserted: sum('inserted'),
    updated: sum('updated'),
    skipped: sum('skipped'),
    rejected: sum('rejected'),
  };
}

/** The file to data/failed, the reason beside it. Returns where it lies now, relative to home. */
export async function placeFailed(
  folders: Folders,
  claimed: Claim,
  reason: RowferryError,
  contents: Contents,
): Promise<string> {
  return await place(folders, folders.failed, claimed, '.reason.txt', reasonText(claimed, reason, contents));
}

async function place(
  folders: Folders,
  target: string,
  claimed: Claim,
  ending: string,
  text: string,
): Promise<string> {
  const folder = join(target, dirname(claimed.name));
  if (folder !== target) await mkdir(folder, { recursive: true });
  const name = await freeName(folder, basename(claimed.name), ending, claimed.id);
  failpoint('before_receipt');
  await writeWhole(join(folder, nameBeside(name, ending)), join(folder, `.${claimed.id}.tmp`), text);
  failpoint('before_rename');
  await rename(claimed.path, join(folder, name));
  await release(claimed);
  return relative(folders.home, join(folder, name));
}

/**
 * Whole or not there after a crash of the process. Not fsynced, which would take most of the time of a burst: the
 * ledger, which is, holds all that a receipt says.
 */
async function writeWhole(path: string, temporary: string, text: string): Promise<void> {
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** Nothing in done or failed is ever overwritten: a name that is taken gets the claim's id. */
async function freeName(folder: string, name: string, ending: string, id: string): Promise<string> {
  const beside = join(folder, nameBeside(name, ending));
  const [isTaken, isTold] = await Promise.all([exists(join(folder, name)), exists(beside)]);
  const free = !isTaken && (!isTold || (await tells(beside, id)));
  return free ? name : nameWith(name, id);
}

async function tells(path: string, id: string): Promise<boolean> {
  return (await readFile(path, 'utf8')).includes(id);
}

function reasonText(claimed: Claim, reason: RowferryError, contents: Contents): string {
  const lines = [
    `${claimed.name} was not loaded`,
    `What happened: ${reason.detail}`,
    `What to do: ${reason.hint ?? 'mend the file and move it to data/incoming again'}`,
    `Code: ${reason.code}`,
    ...rowsOf(contents),
    `Time: ${new Date().toISOString()}`,
    `Claim: ${claimed.id}`,
  ];
  return `${lines.map(oneLine).join('\n')}\n`;
}

function rowsOf({ kind, loaded }: Contents): string[] {
  if (loaded.length === 0) return ['Rows: none of this file is known to be in the table'];
  return loaded.map(({ name, outcome }) => `Rows${kind === 'zip' ? ` of ${name}` : ''}: ${balance(outcome)}`);
}

function balance(outcome: LoadOutcome): string {
  const { load, read, inserted, updated, skipped, rejected } = outcome;
  const loaded = `inserted ${inserted} + updated ${updated} + skipped ${skipped} + rejected ${rejected}`;
  return `load ${load} read ${read} = ${loaded}`;
}
