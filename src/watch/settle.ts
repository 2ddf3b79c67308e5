import { createHash } from 'node:crypto';
import { RowferryError } from '../errors.ts';
import type { RelatedTable } from '../model/table.ts';
import { type Claim, errnoOf, exists, type OpenClaim, openClaim, release } from './claim.ts';
import { type Contents, type LoadedContent, type Loading, loadContents } from './contents.ts';
import type { LoadOutcome } from './contract.ts';
import type { Folders } from './folders.ts';
import { placeDone, placeFailed } from './place.ts';
import { asRowferryError, endingOf, isHeld } from './verdict.ts';

/** What a claimed file goes through, from data/work to done or failed. */
export interface Settling extends Loading {
  readonly folders: Folders;
}

/** What came of the loads of a claimed file. */
export interface Ending extends Contents {
  readonly failure: RowferryError | null;
}

/** `ending` null: somebody took the file away. `reason`: what holds it up; it stays in work. */
export type Loaded = { readonly ending: Ending | null } | { readonly reason: RowferryError };

/** From data/work into its tables. Never rejects. */
export async function loadClaimed(claimed: Claim, context: Settling): Promise<Loaded> {
  try {
    return { ending: await endOf(claimed, await context.options.tables('recent'), context) };
  } catch (error) {
    return { reason: asRowferryError(error) };
  }
}

/** Null once the file is in done or failed; what holds it up when it stays in work. Never rejects. */
export async function placeLoaded(
  claimed: Claim,
  ending: Ending,
  context: Settling,
): Promise<RowferryError | null> {
  try {
    await finish(claimed, ending, context);
    return null;
  } catch (error) {
    if (await isGone(claimed, error)) return giveUp(claimed, context).catch(asRowferryError);
    return asRowferryError(error);
  }
}

async function isGone(claimed: Claim, error: unknown): Promise<boolean> {
  return errnoOf(error) === 'ENOENT' && !(await exists(claimed.path).catch(() => true));
}

async function giveUp(claimed: Claim, context: Settling): Promise<null> {
  context.options.log.error({ file: claimed.name }, 'somebody took the file away from data/work');
  await release(claimed);
  return null;
}

/** Rejects with what holds the file up. */
async function endOf(
  claimed: Claim,
  tables: readonly RelatedTable[],
  context: Settling,
): Promise<Ending | null> {
  const contents: Contents = { loaded: [], table: null, kind: 'plain' };
  try {
    const open = await openClaim(claimed);
    try {
      const failure = await loadContents(open, tables, contents, context);
      return { ...contents, failure: failure ?? (await changeOf(claimed, open, contents)) };
    } finally {
      await open.file.close();
    }
  } catch (error) {
    if (await isGone(claimed, error)) return giveUp(claimed, context);
    const failure = asRowferryError(error);
    if (context.signal.aborted || isHeld(failure)) throw failure;
    return { ...contents, failure };
  }
}

/** A writer that kept the file open, past the completeness rules, is found out by what it left. */
async function changeOf(claimed: Claim, open: OpenClaim, contents: Contents): Promise<RowferryError | null> {
  const now = await open.file.stat({ bigint: true });
  const { size, mtimeNs, ctimeNs } = open.stat;
  const isSame = now.size === size && now.mtimeNs === mtimeNs;
  if (isSame && now.ctimeNs === ctimeNs) return null;
  const [only] = contents.loaded;
  // A backup program or a chmod moves ctime too: the content decides. What was unpacked was read in one go.
  const isContent = contents.kind === 'plain' ? (await digestOf(open)) === only?.outcome.sha256 : isSame;
  if (isContent) return null;
  const found = `${claimed.name} was written to while it was loaded (${size} bytes when taken, now ${now.size})`;
  const holds = contents.loaded.map(({ outcome }) => outcome.load).join(', ');
  return new RowferryError('file-changed', `${found}; load ${holds} holds the content it had before`, {
    hint: 'have the writer use a .part name or an X.csv.done marker; then drop a file of the missing records',
  });
}

async function digestOf(open: OpenClaim): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of open.file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk);
  return hash.digest('hex');
}

async function finish(claimed: Claim, { failure, ...contents }: Ending, context: Settling): Promise<void> {
  const loaded = contents.loaded.map((each) => ({ ...each, outcome: withDetail(each.outcome) }));
  const reason =
    failure ?? (loaded.length === 0 ? new RowferryError('internal', `${claimed.name} came to no end`) : null);
  const { folders } = context;
  const placed =
    reason === null
      ? await placeDone(folders, claimed, { ...contents, loaded })
      : await placeFailed(folders, claimed, reason, { ...contents, loaded });
  for (const each of loaded)
    if (endingOf(each.outcome) === null) tellDone(each, contents.kind, reason, placed, context);
  if (reason !== null) tellFailed(claimed.name, { ...contents, loaded }, reason, placed, context);
}

/** Of a file that failed as a whole only the members of an archive are done, not the file itself. */
function tellDone(
  { name, table, outcome }: LoadedContent,
  kind: Contents['kind'],
  reason: RowferryError | null,
  placed: string,
  { options: { log }, tell }: Settling,
): void {
  if (reason !== null && kind !== 'zip') return;
  const { load, state, read, inserted, updated, skipped, rejected, readAs, warnings = [] } = outcome;
  const counts = { read, inserted, updated, skipped, rejected };
  log.info({ file: name, table, load, state, ...counts, readAs, placed }, 'done');
  for (const warning of warnings) log.warn({ file: name, table, load }, `${name}: ${warning}`);
  if (read === 0) log.warn({ file: name, table }, `${name}: ${outcome.detail}`);
  tell({ kind: 'done', name, table, placed, outcome });
}

function tellFailed(
  name: string,
  { table, loaded }: Contents,
  reason: RowferryError,
  placed: string,
  { options: { log }, tell }: Settling,
): void {
  log.error({ file: name, table, code: reason.code, placed, err: reason }, `${name} was not loaded`);
  tell({ kind: 'failed', name, table, placed, reason, outcome: loaded.at(-1)?.outcome ?? null });
}

/** A file without records is no error, but seldom what its sender meant. */
function withDetail(outcome: LoadOutcome): LoadOutcome {
  if (outcome.read > 0) return outcome;
  return { ...outcome, detail: outcome.detail ?? 'the file holds no records; nothing was added' };
}
