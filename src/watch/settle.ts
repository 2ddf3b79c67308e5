import { createHash } from 'node:crypto';
import { tableOfFile } from '../dictionary/table-of-file.ts';
import { RowferryError } from '../errors.ts';
import type { RelatedTable } from '../model/table.ts';
import { type Claim, exists, notedLoad, noteLoad, type OpenClaim, openClaim, release } from './claim.ts';
import type { LoadOutcome, WatchEvent, WatcherOptions } from './contract.ts';
import type { Folders } from './folders.ts';
import { placeDone, placeFailed } from './place.ts';
import { asRowferryError, endingOf, isHeld } from './verdict.ts';

/** What a claimed file goes through, from data/work to done or failed. */
export interface Settling {
  readonly folders: Folders;
  readonly options: WatcherOptions;
  readonly signal: AbortSignal;
  /** Never throws. */
  readonly tell: (event: WatchEvent) => void;
}

interface Ending {
  readonly table: string | null;
  readonly outcome: LoadOutcome | null;
  readonly failure: RowferryError | null;
}

/** Null once the file is in done or failed; what holds it up when it stays in work. Never rejects. */
export async function settle(claimed: Claim, context: Settling): Promise<RowferryError | null> {
  try {
    if (!(await exists(claimed.path))) return await giveUp(claimed, context);
    const ending = await endOf(claimed, await context.options.tables(), context);
    await finish(claimed, ending, context);
    return null;
  } catch (error) {
    return asRowferryError(error);
  }
}

async function giveUp(claimed: Claim, context: Settling): Promise<null> {
  context.options.log.error({ file: claimed.name }, 'somebody took the file away from data/work');
  await release(claimed);
  return null;
}

/** Rejects with what holds the file up. */
async function endOf(claimed: Claim, tables: readonly RelatedTable[], context: Settling): Promise<Ending> {
  let table: string | null = null;
  let outcome: LoadOutcome | null = null;
  try {
    const open = await openClaim(claimed);
    try {
      table = tableOf(claimed, tables, context);
      outcome = await load(claimed, table, context);
      const failure = endingOf(outcome) ?? (await changeOf(claimed, open, outcome));
      return { table, outcome, failure };
    } finally {
      await open.file.close();
    }
  } catch (error) {
    const failure = asRowferryError(error);
    if (context.signal.aborted || isHeld(failure)) throw failure;
    return { table, outcome, failure };
  }
}

function tableOf(claimed: Claim, tables: readonly RelatedTable[], context: Settling): string {
  const names = tables.map((table) => table.name);
  return tableOfFile(claimed.name, names, context.options.config.mapping);
}

async function load(claimed: Claim, table: string, context: Settling): Promise<LoadOutcome> {
  const before = await notedLoad(claimed);
  context.tell({ kind: 'claimed', name: claimed.name, table });
  const sending = (id: string) => noteLoad(claimed, id);
  const file = { path: claimed.path, name: claimed.name, table, sending };
  const outcome = await context.options.loadFile(file, context.signal);
  if (outcome.state !== 'duplicate' || outcome.load !== before) return outcome;
  // Not a second copy: it is this very file, loaded right before a crash or a lost answer.
  return { ...outcome, state: outcome.rejected > 0 ? 'completed_with_rejects' : 'completed' };
}

/** A writer that kept the file open, past the completeness rules, is found out by what it left. */
async function changeOf(
  claimed: Claim,
  open: OpenClaim,
  outcome: LoadOutcome,
): Promise<RowferryError | null> {
  const now = await open.file.stat({ bigint: true });
  const { size, mtimeNs, ctimeNs } = open.stat;
  if (now.size === size && now.mtimeNs === mtimeNs && now.ctimeNs === ctimeNs) return null;
  // A backup program or a chmod moves ctime too: the content decides.
  if ((await digestOf(open)) === outcome.sha256) return null;
  const found = `${claimed.name} was written to while it was loaded (${size} bytes when taken, now ${now.size})`;
  return new RowferryError('file-changed', `${found}; load ${outcome.load} holds the content it had before`, {
    hint: 'have the writer use a .part name or an X.csv.done marker; then drop a file of the missing records',
  });
}

async function digestOf(open: OpenClaim): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of open.file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk);
  return hash.digest('hex');
}

async function finish(claimed: Claim, ending: Ending, context: Settling): Promise<void> {
  const { table, failure } = ending;
  const outcome = ending.outcome && withDetail(ending.outcome);
  const { log } = context.options;
  const name = claimed.name;
  if (failure === null && table !== null && outcome !== null) {
    const placed = await placeDone(context.folders, claimed, table, outcome);
    const { load: id, state, read, inserted, updated, skipped, rejected } = outcome;
    log.info(
      { file: name, table, load: id, state, read, inserted, updated, skipped, rejected, placed },
      'done',
    );
    if (outcome.read === 0) log.warn({ file: name, table }, `${name}: ${outcome.detail}`);
    context.tell({ kind: 'done', name, table, placed, outcome });
  } else {
    const reason = failure ?? new RowferryError('internal', `${name} came to no end`);
    const placed = await placeFailed(context.folders, claimed, reason, outcome);
    log.error({ file: name, table, code: reason.code, placed, err: reason }, `${name} was not loaded`);
    context.tell({ kind: 'failed', name, table, placed, reason, outcome });
  }
}

/** A file without records is no error, but seldom what its sender meant. */
function withDetail(outcome: LoadOutcome): LoadOutcome {
  if (outcome.read > 0) return outcome;
  return { ...outcome, detail: outcome.detail ?? 'the file holds no records; nothing was added' };
}
