import type { Command } from 'commander';
import type { Config } from '../../config.ts';
import type { Told } from '../../csv/sniff/content.ts';
import { inWords } from '../../csv/sniff/in-words.ts';
import { openDatabase } from '../../database/open.ts';
import { type CheckReport, checkFile } from '../../ingest/check-file.ts';
import { oneLine } from '../../log.ts';
import { NO_COUNTS } from '../../model/receipt.ts';
import type { Reject } from '../../model/reject.ts';
import type { Table } from '../../model/table.ts';
import type { App } from '../app.ts';
import { dialectFor, toldLines } from '../dialect.ts';
import { type ExitCode, worst } from '../exit-codes.ts';
import { fileFailed, fileStopped } from '../file-failed.ts';
import { type FileOfTable, filesInOrder } from '../files.ts';
import { dialectOf, examples, wholeNumber, withDialect, withSniff } from '../flags.ts';
import { count, lasting, size } from '../format.ts';
import { configOf, INPUTS, type InputFlags, type OpenInputs, openInputs, withInputs } from '../inputs.ts';
import { onInterrupt } from '../interrupt.ts';
import { assertDatabaseFile } from '../local-server.ts';
import { startProgress } from '../progress.ts';
import { REJECT_HEADS, reasonRows } from '../reject-rows.ts';
import { schemasFor, withSchema } from '../schema.ts';
import { balanceLine, reasonLine } from '../summary.ts';

interface CheckFlags extends InputFlags {
  readonly dialect?: string;
  readonly schema?: string;
  readonly sniff: boolean;
  readonly limit: number;
}

export function registerCheck(program: Command, app: App): void {
  const command = program
    .command('check')
    .summary('what a load would do, with nothing written')
    .description(
      'Check CSV files against the database as a load would, its keys and rules included, and write nothing. Rows ' +
        'whose parents are in another file that is not loaded yet are named as missing theirs.',
    )
    .argument('<file...>', INPUTS)
    .option('--table <name>', 'the table, when the name of the file does not tell')
    .option('--limit <n>', 'rejects to show of each file', wholeNumber, 10)
    .addHelpText(
      'after',
      `${examples(
        ['rowferry check jobs.csv', 'is it good?'],
        ['rowferry check data/ --json', 'a line for each file'],
      )}\n\nExit codes: 0 every row would be loaded · 1 failed · 2 wrong use · 3 there would be rejects`,
    );
  withSchema(withSniff(withDialect(withInputs(command)))).action((files: string[], flags: CheckFlags) =>
    app.run(() => check(files, flags, configOf(app, command, flags), app)),
  );
}

async function check(names: string[], flags: CheckFlags, config: Config, app: App): Promise<ExitCode> {
  const dialect = dialectOf(flags.dialect);
  await using inputs = await openInputs(app, names, flags, config);
  assertDatabaseFile(config);
  const table = flags.table === undefined ? {} : { table: flags.table };
  const ordered = filesInOrder(inputs.list, await tablesOf(config), { ...table, mapping: config.mapping });
  const schemas = schemasFor(app.ui, config, flags.schema, ordered);
  const files = ordered.map((file) => ({
    ...file,
    ...schemas.get(file.table),
    ...dialectFor(config, file.table, dialect),
  }));
  using interrupt = onInterrupt(() => app.ui.note('stopping'));
  const codes: ExitCode[] = [];
  for (const file of files) {
    codes.push(await checkAndShow({ app, config, inputs, flags, signal: interrupt.signal }, file));
    if (interrupt.signal.aborted) break;
  }
  return worst(codes);
}

interface Work {
  readonly app: App;
  readonly config: Config;
  readonly inputs: OpenInputs;
  readonly flags: CheckFlags;
  readonly signal: AbortSignal;
}

/** A file that cannot be checked does not keep the others from it. */
async function checkAndShow(work: Work, file: FileOfCheck): Promise<ExitCode> {
  const { app, flags, signal } = work;
  const { label } = file.input;
  const rejects: Reject[] = [];
  const told: Told[] = [];
  try {
    const report = await checkOne(work, file, {
      sniff: flags.sniff,
      signal,
      onSniffed: (found) => told.push(found),
      onRejects: (found) => rejects.push(...found.slice(0, Math.max(0, flags.limit - rejects.length))),
    });
    for (const line of told.flatMap((each) => toldLines(app.ui, label, each))) app.ui.line(line);
    show(
      app,
      { ...report, file: label },
      told.flatMap(({ warnings }) => warnings),
      rejects,
    );
    return report.rejected > 0 ? 3 : 0;
  } catch (error) {
    const named = { file: label, table: file.table };
    return signal.aborted
      ? fileStopped(app, named, error, { next: 'is not checked whole' })
      : fileFailed(app, named, error);
  }
}

async function tablesOf({ databaseUrl }: Config): Promise<Table[]> {
  const connection = await openDatabase(databaseUrl, { readOnly: true });
  try {
    return await connection.introspect();
  } finally {
    await connection.close();
  }
}

type Request = Parameters<typeof checkFile>[0];
type FileOfCheck = FileOfTable & Pick<Request, 'dialect' | 'schema'>;

async function checkOne(
  { app: { ui }, config, inputs }: Work,
  { input, ...file }: FileOfCheck,
  options: Pick<Request, 'signal' | 'sniff' | 'onRejects' | 'onSniffed'>,
): Promise<CheckReport> {
  const progress = startProgress(ui, input.label);
  const onProgress = (bytes: number, whole: number, rejected: number) =>
    progress.update({ phase: 'sending', bytes, size: whole, counts: { ...NO_COUNTS, rejected } });
  const onUnpacked = (bytes: number, whole: number) =>
    progress.update({ phase: 'unpacking', bytes, size: whole });
  try {
    const { path } = await inputs.open(input, { signal: options.signal, onProgress: onUnpacked });
    return await checkFile({ config, ...file, file: path, ...options, onProgress });
  } finally {
    await inputs.release(input);
    progress.end();
  }
}

function show(
  { ui }: App,
  report: CheckReport,
  warnings: readonly string[],
  rejects: readonly Reject[],
): void {
  const {
    columns: _columns,
    dialect,
    strategy,
    seconds: time,
    reasons,
    file,
    table,
    sha256,
    bytes,
    ...counts
  } = report;
  const rowsPerSecond = Math.round(report.read / Math.max(time, 0.001));
  const content = { load: null, file, table, sha256, bytes, state: 'checked', ...counts };
  const readAs = dialect === null ? null : inWords(dialect);
  const speed = { strategy, seconds: time, rowsPerSecond };
  ui.data({ ...content, reasons, dialect, ...speed, readAs, warnings, rejects: null });
  const mark = report.rejected === 0 ? ui.good('✓') : ui.warn('!');
  ui.line(
    `${mark} ${oneLine(file)} into ${oneLine(table)}: ${size(bytes)} in ${lasting(time)}, nothing written`,
  );
  ui.line(`  would be: ${balanceLine(counts)}`);
  for (const reason of reasons) ui.line(`    ${reasonLine(reason)}`);
  if (rejects.length === 0) return;
  ui.line();
  ui.table(REJECT_HEADS, rejects.flatMap(reasonRows));
  if (report.rejected > rejects.length)
    ui.line(`and ${count(report.rejected - rejects.length)} more: --limit N`);
}
