import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { assertNotOver, clean } from '../../clean/clean.ts';
import type { CleanOptions, CleanReport } from '../../clean/report.ts';
import type { Config } from '../../config.ts';
import { inWords } from '../../csv/sniff/in-words.ts';
import { RowferryError } from '../../errors.ts';
import type { Input } from '../../inputs/input.ts';
import { oneLine } from '../../log.ts';
import type { Dialect } from '../../model/dialect.ts';
import type { App } from '../app.ts';
import type { ExitCode } from '../exit-codes.ts';
import { dialectOf, examples, wholeNumber, withDialect } from '../flags.ts';
import { count } from '../format.ts';
import { configOf, INPUTS, type InputFlags, type OpenInputs, openInputs, withInputs } from '../inputs.ts';
import { onInterrupt } from '../interrupt.ts';

interface CleanFlags extends Omit<InputFlags, 'table'> {
  readonly out?: string;
  readonly dialect?: string;
  readonly auto?: true;
  readonly allTables?: true;
  readonly limit: number;
}

export function registerClean(program: Command, app: App): void {
  const command = program
    .command('clean')
    .summary('any CSV file as RFC 4180 in UTF-8')
    .description(
      'Write CSV files anew as RFC 4180 in UTF-8: commas, quotes where they must be, LF, the header first, all records ' +
        'with as many fields. What cannot be read is left out and said. Values stay as they are.',
    )
    .argument('<file...>', INPUTS)
    .option('--out <file|folder>', 'where to (default: stdout; a folder for several files)');
  withDialect(withInputs(command))
    .option('--auto', 'find out how the file is written, and repair ragged records')
    .option('--all-tables', 'go on after a repeated header, as for files that were put together')
    .option('--limit <n>', 'rejects to show of each file', wholeNumber, 10)
    .addHelpText(
      'after',
      `${examples(
        ['rowferry clean export.csv --auto --out clean.csv', 'whatever it is, as plain CSV'],
        [`rowferry clean *.csv --dialect '{"delimiter":";"}' --out clean/`, 'many files'],
        ['rowferry clean export.csv --auto | head', 'to look at'],
        ['zstdcat export.zst | rowferry clean - --auto --out clean.csv', 'standard input'],
      )}\n\nExit codes: 0 every record was written · 1 failed · 2 wrong use · 3 some records were left out`,
    )
    .action((files: string[], flags: CleanFlags) =>
      app.run(() => cleanFiles(files, flags, configOf(app, command, flags), app)),
    );
}

async function cleanFiles(
  names: readonly string[],
  flags: CleanFlags,
  config: Config,
  app: App,
): Promise<ExitCode> {
  const dialect = dialectOf(flags.dialect);
  await using inputs = await openInputs(app, names, flags, config, 'nothing');
  const into = await targetsOf(inputs.list, flags.out);
  using interrupt = onInterrupt(() => app.ui.note('stopping'));
  let worst: ExitCode = 0;
  for (const input of inputs.list) {
    const out = into(input, app);
    const options = { ...optionsOf(flags, dialect), name: input.label, out, signal: interrupt.signal };
    const report = await cleanOne(inputs, input, options);
    show(app, report, flags);
    if (report.rejects.length > 0) worst = 3;
  }
  return worst;
}

async function cleanOne(inputs: OpenInputs, input: Input, options: CleanOptions): Promise<CleanReport> {
  if (typeof options.out === 'string') await assertNotOver(input.path, options.out);
  const { path } = await inputs.open(input, { signal: options.signal });
  try {
    return await clean(path, options);
  } finally {
    await inputs.release(input);
  }
}

function optionsOf(flags: CleanFlags, dialect: Partial<Dialect> | undefined): CleanOptions {
  return {
    ...(dialect === undefined ? {} : { dialect }),
    auto: flags.auto === true,
    tables: flags.allTables === true ? 'all' : 'first',
  };
}

type Target = (input: Input, app: App) => string | NodeJS.WritableStream;

/** stdout holds one file, or the JSON that was asked for; a folder has files of the names they came with. */
async function targetsOf(inputs: readonly Input[], out: string | undefined): Promise<Target> {
  if (out === undefined) {
    if (inputs.length > 1) throw severalFiles('without --out');
    return (_input, { ui }) => (ui.json ? nowhere() : ui.stdout);
  }
  const folder = out.endsWith('/') || (await stat(out).catch(() => null))?.isDirectory() === true;
  if (!folder && inputs.length > 1) throw severalFiles(`into one file, ${out}`);
  const names = inputs.map(({ plainName }) => basename(plainName));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (folder && twice !== undefined) {
    throw new RowferryError('usage', `two files are named ${twice}; expected one name once for --out ${out}`);
  }
  return ({ plainName }) => (folder ? join(out, basename(plainName)) : out);
}

function severalFiles(how: string): RowferryError {
  return new RowferryError('usage', `several files ${how}`, {
    hint: 'give a folder, with a slash at its end: --out clean/',
  });
}

function nowhere(): Writable {
  return new Writable({ write: (_bytes, _encoding, done) => done() });
}

/** The words go to stderr, as stdout may be the file. */
function show({ ui }: App, report: CleanReport, { limit, out, auto, dialect }: CleanFlags): void {
  ui.data(report);
  if (ui.json) return;
  const { file, records, written, repaired, rejected, rejects } = report;
  const repairs = repaired === 0 ? '' : ` (${count(repaired)} repaired)`;
  const mark = rejects.length === 0 ? ui.good('✓') : ui.warn('!');
  ui.note(`${mark} ${oneLine(file)}: ${count(written)} of ${count(records)} records written${repairs}`);
  const words = auto === true ? inWords(report.dialect) : '';
  if (words !== '') ui.note(`  read as: ${words} (sniffed; --dialect … to declare)`);
  for (const { record, line, code, message } of rejects.slice(0, limit)) {
    const what = record === 0 ? 'header' : `record ${count(record)}`;
    ui.note(`  line ${count(line)}, ${what}: ${code}: ${oneLine(message)}`);
  }
  const more = Math.max(rejected, rejects.length) - limit;
  if (more > 0) ui.note(`  and ${count(more)} more: --limit N, or --json for all`);
  if (out !== undefined && rejected > 0) ui.note(`  they are not in ${oneLine(out)}`);
  if (auto !== true && dialect === undefined && looksOther(report))
    ui.note('  read as RFC 4180 in UTF-8, which it does not look like; --auto finds out how it is written');
}

/** Most records were left out, or a header of one name has in it what stands between names elsewhere. */
function looksOther({ header, records, rejected }: CleanReport): boolean {
  const [name = '', ...others] = header ?? [];
  return rejected * 2 > records || (others.length === 0 && /[;\t|^~]/.test(name));
}
