import { orderByParents } from '../dictionary/order.ts';
import { tableOfInput } from '../dictionary/table-of-file.ts';
import type { RowferryError } from '../errors.ts';
import { Expander } from '../inputs/expander.ts';
import { inputsOf } from '../inputs/find-inputs.ts';
import type { Input } from '../inputs/input.ts';
import type { RelatedTable } from '../model/table.ts';
import { type Claim, noteLoad, type OpenClaim } from './claim.ts';
import type { LoadOutcome, WatchEvent, WatcherOptions } from './contract.ts';
import { endingOf } from './verdict.ts';

/** One CSV content of a claimed file, loaded: the file itself, or a member of an archive. */
export interface LoadedContent {
  /** As FileToLoad has it. */
  readonly name: string;
  readonly table: string;
  readonly outcome: LoadOutcome;
}

/** How far a claimed file has come; also when the rest of it fails. */
export interface Contents {
  readonly loaded: LoadedContent[];
  /** Of the content that is under way or was the last. */
  table: string | null;
  kind: Input['kind'];
}

export interface Loading {
  /** Resolves when it is this file's turn; with the load that is about to be sent. Rejects where that cannot be said yet. */
  readonly turn: (load: string) => Promise<void>;
  readonly options: WatcherOptions;
  readonly signal: AbortSignal;
  /** Never throws. */
  readonly tell: (event: WatchEvent) => void;
}

/**
 * Loads what the file holds, parents first, and adds it to `contents`. Tables are found before anything is loaded.
 * Resolves with why one of them was not loaded whole: what stands behind it may need its rows, and is not begun.
 * Rejects with what cannot be read or sent.
 */
export async function loadContents(
  { claimed, file }: OpenClaim,
  tables: readonly RelatedTable[],
  contents: Contents,
  context: Loading,
): Promise<RowferryError | null> {
  const { config, log } = context.options;
  const { inputs, ignored } = await inputsOf(claimed.path, claimed.name, file);
  contents.kind = inputs[0]?.kind ?? 'plain';
  if (ignored.length > 0)
    log.warn({ file: claimed.name, ignored }, `${claimed.name}: not .csv: ${ignored.join(', ')}`);
  const known = await knownTables(inputs, context.options);
  const named = inOrder(inputs, tables, { known, mapping: config.mapping }, contents);
  await using expander = new Expander(config.home, config, inputs);
  for (const { input, table } of named) {
    contents.table = table;
    context.tell({ kind: 'claimed', name: input.label, table });
    const { path, sha256 } = await expander.open(input, { signal: context.signal });
    const outcome = await loadContent(claimed, input, { path, sha256, table }, context);
    contents.loaded.push({ name: input.label, table, outcome });
    const failure = endingOf(outcome);
    if (failure !== null) return failure;
    await expander.release(input);
  }
  return null;
}

interface InputOfTable {
  readonly input: Input;
  readonly table: string;
}

async function knownTables(
  inputs: readonly Input[],
  { tableOf }: Pick<WatcherOptions, 'tableOf'>,
): Promise<ReadonlyMap<Input, string>> {
  const known = new Map<Input, string>();
  for (const input of inputs) {
    const table = await tableOf?.(input.plainName);
    if (typeof table === 'string') known.set(input, table);
  }
  return known;
}

function inOrder(
  inputs: readonly Input[],
  tables: readonly RelatedTable[],
  { known, mapping }: { known: ReadonlyMap<Input, string>; mapping: Readonly<Record<string, string>> },
  contents: Contents,
): InputOfTable[] {
  const names = tables.map((table) => table.name);
  const tableFor = (input: Input) => known.get(input) ?? tableOfInput(input, names, mapping);
  const named = inputs.map((input) => ({ input, table: tableFor(input) }));
  contents.table = named[0]?.table ?? null;
  const order = orderByParents(
    tables,
    named.map(({ table }) => table),
  );
  return named.toSorted((a, b) => order.indexOf(a.table) - order.indexOf(b.table));
}

interface Place {
  readonly path: string;
  readonly sha256: string | null;
  readonly table: string;
}

async function loadContent(
  claimed: Claim,
  input: Input,
  place: Place,
  context: Loading,
): Promise<LoadOutcome> {
  const before = new Set(claimed.loads);
  const sending = async (id: string) => {
    await context.turn(id);
    await noteLoad(claimed, id);
  };
  const file = { ...place, name: input.label, plainName: input.plainName, sending };
  const outcome = await context.options.loadFile(file, context.signal);
  if (outcome.state !== 'duplicate' || !before.has(outcome.parent ?? outcome.load)) return outcome;
  // Not a second copy: it is this very content, loaded right before a crash or a lost answer.
  return { ...outcome, state: outcome.rejected > 0 ? 'completed_with_rejects' : 'completed' };
}
