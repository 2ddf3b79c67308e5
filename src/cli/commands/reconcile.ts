import type { Command } from 'commander';
import type { ReconcileResult, Rowferry } from '../../client/client.ts';
import type { Config } from '../../config.ts';
import { shellWord } from '../../lib/shell-word.ts';
import { oneLine } from '../../log.ts';
import { NO_COUNTS } from '../../model/receipt.ts';
import type { Difference } from '../../model/reconciliation.ts';
import type { App } from '../app.ts';
import { type ExitCode, worst } from '../exit-codes.ts';
import { fileFailed, fileStopped } from '../file-failed.ts';
import { type FileOfTable, filesInOrder } from '../files.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { count, lasting, size } from '../format.ts';
import { configOf, INPUTS, type InputFlags, type OpenInputs, openInputs, withInputs } from '../inputs.ts';
import { onInterrupt } from '../interrupt.ts';
import { connect } from '../local-server.ts';
import { startProgress } from '../progress.ts';

interface ReconcileFlags extends InputFlags {
  readonly table?: string;
  readonly resend?: true;
  readonly limit: number;
}

export function registerReconcile(program: Command, app: App): void {
  const command = program
    .command('reconcile')
    .summary('prove that the tables hold what files hold')
    .description(
      'Read files that were loaded again, and hold every row of them against its table, batch by batch: what the ledger ' +
        'has as rejects is left out. Lists what is missing or changed; --resend loads what is missing again.',
    )
    .argument('<file...>', INPUTS)
    .option('--table <name>', 'the table, when the name of the file does not tell')
    .option('--resend', 'send the rows that are missing again, as a load linked to the first')
    .option('--limit <n>', 'differences to show of each file; with --json all that are told', wholeNumber, 20)
    .addHelpText(
      'after',
      `${examples(
        ['rowferry reconcile data/done/jobs.csv', 'is all of it there?'],
        ['rowferry reconcile jobs.csv --resend', 'and what is not, once more'],
      )}\n\nExit codes: 0 proved · 1 some rows are missing or changed, or not all was loaded · 2 wrong use`,
    );
  withServer(withInputs(command)).action((files: string[], flags: ReconcileFlags) =>
    app.run(() => reconcile(files, flags, configOf(app, command, flags), app)),
  );
}

interface Work {
  readonly app: App;
  readonly client: Rowferry;
  readonly inputs: OpenInputs;
  readonly flags: ReconcileFlags;
  readonly signal: AbortSignal;
}

async function reconcile(
  names: string[],
  flags: ReconcileFlags,
  config: Config,
  app: App,
): Promise<ExitCode> {
  await using inputs = await openInputs(app, names, flags, config);
  await using connected = await connect({ config, log: app.quietLog(config), onPause: app.onPause });
  const { client } = connected;
  const table = flags.table === undefined ? {} : { table: flags.table };
  const files = filesInOrder(inputs.list, await client.tables(), { ...table, mapping: config.mapping });
  using interrupt = onInterrupt(() => app.ui.note('stopping'));
  const codes: ExitCode[] = [];
  for (const file of files) {
    codes.push(await reconcileOne({ app, client, inputs, flags, signal: interrupt.signal }, file));
    if (interrupt.signal.aborted) break;
  }
  return worst(codes);
}

/** A file that cannot be held against its table does not keep the others from it. */
async function reconcileOne(work: Work, { input, table }: FileOfTable): Promise<ExitCode> {
  const { app, client, inputs, flags, signal } = work;
  const { label } = input;
  const differences: Difference[] = [];
  const most = app.ui.json ? Number.POSITIVE_INFINITY : flags.limit;
  const progress = startProgress(app.ui, label);
  try {
    const { path } = await inputs.open(input, { signal });
    const result = await client.reconcile(path, {
      table,
      signal,
      resend: flags.resend === true,
      onProgress: (bytes, whole) =>
        progress.update({ phase: 'sending', bytes, size: whole, counts: NO_COUNTS }),
      onDifferences: (found) => differences.push(...found.slice(0, Math.max(0, most - differences.length))),
    });
    progress.end();
    return show(app, { ...result, file: label }, differences, flags);
  } catch (error) {
    progress.end();
    const named = { file: label, table };
    return signal.aborted
      ? fileStopped(app, named, error, { next: 'is not reconciled whole' })
      : fileFailed(app, named, error);
  } finally {
    await inputs.release(input);
  }
}

const WORDS = {
  proved: 'every row that was loaded is there',
  differs: 'NOT what is in the table',
  incomplete: 'what was loaded is there, but not all of the file was loaded',
} as const;

function show(
  { ui }: App,
  result: ReconcileResult,
  differences: readonly Difference[],
  { table }: ReconcileFlags,
): ExitCode {
  ui.data({ ...result, differences });
  const { state, read, found, missing, changed, rejected, resent } = result;
  const mark = state === 'proved' ? ui.good('✓') : ui.bad('✗');
  ui.line(`${mark} ${oneLine(result.file)} and ${oneLine(result.table)}: ${WORDS[state]}`);
  ui.line(
    `  ${count(read)} read = ${count(found)} found + ${count(missing)} missing + ${count(changed)} changed + ` +
      `${count(rejected)} rejected by load ${result.load}`,
  );
  ui.line(
    `  ${size(result.bytes)} in ${count(result.batches)} ${result.batches === 1 ? 'batch' : 'batches'}, ${count(result.batchesProved)} of them byte for byte ` +
      `what was loaded; SHA-256 of the file ${result.sha256}; ${lasting(result.seconds)}`,
  );
  if (differences.length > 0) ui.table(HEADS, differences.flatMap(rowsOf));
  if (missing + changed > differences.length)
    ui.line(`and ${count(missing + changed - differences.length)} more: --limit N`);
  for (const load of resent) ui.line(`  the missing rows were sent again as load ${load}`);
  if (missing > 0) {
    const words = [result.file, ...(table === undefined ? [] : ['--table', table])];
    const command = `rowferry reconcile ${words.map((word) => oneLine(shellWord(word))).join(' ')}`;
    ui.line(`\nnext: ${command}${resent.length === 0 ? ' --resend' : '    proves what was sent again'}`);
  }
  return state === 'proved' ? 0 : 1;
}

const HEADS = ['line>', 'what', 'column', 'in the file', 'in the table'];
const MOST_CHARACTERS = 40;

function rowsOf({ kind, line, raw, columns }: Difference): string[][] {
  if (kind === 'missing') return [[count(line), kind, '', shown(raw), '']];
  return columns.map(({ column, file, table }, i) => [
    i === 0 ? count(line) : '',
    i === 0 ? kind : '',
    oneLine(column),
    shown(file ?? 'NULL'),
    shown(table ?? 'NULL'),
  ]);
}

function shown(text: string): string {
  const line = oneLine(text);
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
}
