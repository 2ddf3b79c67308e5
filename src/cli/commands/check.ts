import type { Command } from 'commander';
import type { Config } from '../../config.ts';
import { openDatabase } from '../../database/open.ts';
import { type CheckReport, checkFile } from '../../ingest/check-file.ts';
import { oneLine } from '../../log.ts';
import { NO_COUNTS } from '../../model/receipt.ts';
import type { Reject } from '../../model/reject.ts';
import type { Table } from '../../model/table.ts';
import type { App } from '../app.ts';
import { dialectFor } from '../dialect.ts';
import type { ExitCode } from '../exit-codes.ts';
import { expandFiles, type FileOfTable, filesInOrder } from '../files.ts';
import { dialectOf, examples, wholeNumber, withDialect } from '../flags.ts';
import { count, seconds, size } from '../format.ts';
import { onInterrupt } from '../interrupt.ts';
import { assertDatabaseFile } from '../local-server.ts';
import { startProgress } from '../progress.ts';
import { REJECT_HEADS, reasonRows } from '../reject-rows.ts';
import { balanceLine, reasonLine } from '../summary.ts';

interface CheckFlags {
  readonly table?: string;
  readonly dialect?: string;
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
    .argument('<file...>', 'CSV files, folders of them, or names with *')
    .option('--table <name>', 'the table, when the name of the file does not tell')
    .option('--limit <n>', 'rejects to show of each file', wholeNumber, 10)
    .addHelpText(
      'after',
      `${examples(
        ['rowferry check jobs.csv', 'is it good?'],
        ['rowferry check data/ --json', 'a line for each file'],
      )}\n\nExit codes: 0 every row would be loaded · 1 failed · 2 wrong use · 3 there would be rejects`,
    );
  withDialect(command).action((files: string[], flags: CheckFlags) =>
    app.run(() => check(files, flags, app.config(command), app)),
  );
}

async function check(names: string[], flags: CheckFlags, config: Config, app: App): Promise<ExitCode> {
  const dialect = dialectOf(flags.dialect);
  const paths = await expandFiles(names);
  assertDatabaseFile(config);
  const table = flags.table === undefined ? {} : { table: flags.table };
  const ordered = filesInOrder(paths, await tablesOf(config), { ...table, mapping: config.mapping });
  const files = ordered.map((file) => ({ ...file, ...dialectFor(config, file.table, dialect) }));
  using interrupt = onInterrupt(() => app.ui.note('stopping'));
  let rejected = 0;
  for (const file of files) {
    const rejects: Reject[] = [];
    const report = await checkOne(app, config, file, {
      signal: interrupt.signal,
      onRejects: (found) => rejects.push(...found.slice(0, Math.max(0, flags.limit - rejects.length))),
    });
    rejected += report.rejected;
    show(app, { ...report, file: file.path }, rejects);
  }
  return rejected > 0 ? 3 : 0;
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

async function checkOne(
  { ui }: App,
  config: Config,
  { path, ...file }: FileOfTable & Pick<Request, 'dialect'>,
  options: Pick<Request, 'signal' | 'onRejects'>,
): Promise<CheckReport> {
  const progress = startProgress(ui, path);
  const onProgress = (bytes: number, whole: number, rejected: number) =>
    progress.update({ phase: 'sending', bytes, size: whole, counts: { ...NO_COUNTS, rejected } });
  try {
    return await checkFile({ config, ...file, file: path, ...options, onProgress });
  } finally {
    progress.end();
  }
}

function show({ ui }: App, report: CheckReport, rejects: readonly Reject[]): void {
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
  ui.data({ ...content, reasons, dialect, strategy, seconds: time, rowsPerSecond, rejects: null });
  const mark = report.rejected === 0 ? ui.good('✓') : ui.warn('!');
  ui.line(
    `${mark} ${oneLine(file)} into ${oneLine(table)}: ${size(bytes)} in ${seconds(time)} s, nothing written`,
  );
  ui.line(`  would be: ${balanceLine(counts)}`);
  for (const reason of reasons) ui.line(`    ${reasonLine(reason)}`);
  if (rejects.length === 0) return;
  ui.line();
  ui.table(REJECT_HEADS, rejects.flatMap(reasonRows));
  if (report.rejected > rejects.length)
    ui.line(`and ${count(report.rejected - rejects.length)} more: --limit N`);
}
