import { type Command, Option } from 'commander';
import type { CountedTable, LoadOptions, LoadProgress, Rowferry, Waiting } from '../../client/client.ts';
import { loadNamedIn } from '../../client/not-added-paths.ts';
import type { HashedElsewhere } from '../../client/source-file.ts';
import type { Config } from '../../config.ts';
import type { Told } from '../../csv/sniff/content.ts';
import type { Input } from '../../inputs/input.ts';
import { oneLine } from '../../log.ts';
import { MODES, type Mode } from '../../model/table.ts';
import type { App } from '../app.ts';
import { dialectFor, toldLines } from '../dialect.ts';
import { type ExitCode, exitCodeOfLoad, worst } from '../exit-codes.ts';
import { fileFailed, fileStopped } from '../file-failed.ts';
import { type FileOfTable, filesInOrder } from '../files.ts';
import {
  dialectOf,
  examples,
  rejectLimit,
  waitOption,
  withDialect,
  withServer,
  withSniff,
} from '../flags.ts';
import { count } from '../format.ts';
import { hashedAhead } from '../hash-ahead.ts';
import { configOf, INPUTS, type InputFlags, type OpenInputs, openInputs, withInputs } from '../inputs.ts';
import { onInterrupt } from '../interrupt.ts';
import { type FileOptions, loadOne } from '../load-one.ts';
import { connect } from '../local-server.ts';
import { type Shown, startProgress } from '../progress.ts';
import { schemasFor, withSchema } from '../schema.ts';
import { type LoadedFile, nextStep, printSummary } from '../summary.ts';

interface LoadFlags extends InputFlags {
  readonly mode?: Mode;
  readonly atomic?: boolean;
  readonly maxRejects?: string;
  readonly dialect?: string;
  readonly schema?: string;
  readonly saveDialect?: boolean;
  readonly sniff: boolean;
  readonly compress?: boolean;
  readonly wait?: number;
}

export function registerLoad(program: Command, app: App): void {
  const command = program
    .command('load')
    .summary('load CSV files into their tables')
    .description(
      'Load CSV files into their tables. Files go parents first; the table follows from the name of the file ' +
        '(jobs.csv, jobs-2021.csv, jobs/x.csv). The same content is never loaded twice; a load that was cut short ' +
        'goes on where it stopped. Compressed files and archives are loaded as they are. Rejected records are written under data/not_added.',
    )
    .argument('<file...>', INPUTS)
    .option('--table <name>', 'the table, when the name of the file does not tell')
    .addOption(
      new Option('--mode <mode>', 'a row whose key exists is rejected, passed over, or updated').choices(
        MODES,
      ),
    )
    .option('--atomic', 'all rows of a file or none')
    .option('--max-rejects <n|n%>', 'stop a file at more rejects than this', rejectLimit)
    .option('--save-dialect', 'keep for each table how its file was read, in rowferry.config.json')
    .option('--compress', 'compress what is sent with gzip: for a --server behind a slow network')
    .addOption(waitOption())
    .addHelpText(
      'after',
      examples(
        ['rowferry load departments.csv jobs.csv hired_employees.csv', 'three files, parents first'],
        [
          'rowferry load export.csv --table jobs --mode upsert',
          'update the jobs that are there, insert the others',
        ],
        ["rowferry load 'exports/2021-*.csv.gz' hr.zip --table jobs", 'all of them into one table'],
        ['rowferry load jobs.csv --schema jobs.schema.json', 'with the constraints of a Table Schema'],
        ['zstdcat jobs.zst | rowferry load - --table jobs', 'standard input'],
        [
          'rowferry load data/ --max-rejects 1% --atomic',
          'each file whole, or not at all with too many rejects',
        ],
      ) +
        '\n\nExit codes: 0 all rows loaded · 1 failed · 2 wrong use · 3 done, with rejects · 4 stopped by rejects',
    );
  withSchema(withSniff(withDialect(withServer(withInputs(command))))).action(
    (files: string[], flags: LoadFlags) =>
      app.run(() => load(files, flags, configOf(app, command, flags), app)),
  );
}

async function load(names: string[], flags: LoadFlags, config: Config, app: App): Promise<ExitCode> {
  const dialect = dialectOf(flags.dialect);
  await using inputs = await openInputs(app, names, flags, config);
  await using connected = await connect({
    config,
    log: app.quietLog(config),
    onPause: app.onPause,
    compress: flags.compress === true,
  });
  const { client } = connected;
  const table = flags.table === undefined ? {} : { table: flags.table };
  const tables = await client.tables();
  const known = flags.table === undefined ? await tablesOfMended(client, inputs.list) : new Map();
  const ordered = filesInOrder(inputs.list, tables, { ...table, known, mapping: config.mapping });
  const schemas = schemasFor(app.ui, config, flags.schema, ordered);
  const files = ordered.map((file) => ({
    ...file,
    ...schemas.get(file.table),
    ...dialectFor(config, file.table, dialect),
    ...rulesFor(tables, file.table),
  }));
  const { mode, atomic, maxRejects, sniff } = flags;
  const options = {
    sniff,
    ...(dialect === undefined ? {} : { typed: dialect }),
    waitMs: flags.wait === undefined ? config.waitMs : flags.wait * 1000,
    ...(mode === undefined ? {} : { mode }),
    ...(atomic === undefined ? {} : { atomic }),
    ...(maxRejects === undefined ? {} : { maxRejects }),
  };
  // Awaited here: the server of this process is closed when this function is left.
  return await loadAll({ app, client, home: config.home, inputs }, files, options, async (results) => {
    if (flags.saveDialect !== true) return;
    const { keepDialects } = await import('../keep-dialects.ts');
    await keepDialects(app.ui, config, results, dialect);
  });
}

async function tablesOfMended(
  client: Rowferry,
  inputs: readonly Input[],
): Promise<ReadonlyMap<Input, string>> {
  const known = new Map<Input, string>();
  for (const input of inputs.filter(({ plainName }) => loadNamedIn(plainName) !== null)) {
    const { tableOfMended } = await import('../load-mended.ts');
    const table = await tableOfMended(client, input.plainName);
    if (table !== null) known.set(input, table);
  }
  return known;
}

type SharedOptions = Omit<FileOptions, 'table' | 'dialect'>;
type FileOfLoad = FileOfTable & Pick<LoadOptions, 'dialect' | 'rules' | 'schema'>;

/** A member to spread, so that the server need not be asked again. */
function rulesFor(tables: readonly CountedTable[], name: string): Pick<LoadOptions, 'rules'> {
  const rules = tables.find((table) => table.name === name);
  return rules === undefined ? {} : { rules };
}

interface Work {
  readonly app: App;
  readonly client: Rowferry;
  readonly home: string;
  readonly inputs: OpenInputs;
}

/** Stops at the first file that fails or is stopped: what stands behind it may need its rows. */
async function loadAll(
  work: Work,
  files: readonly FileOfLoad[],
  options: SharedOptions,
  afterAll: (results: readonly LoadedFile[]) => Promise<void>,
): Promise<ExitCode> {
  const { app } = work;
  using interrupt = onInterrupt(() =>
    app.ui.note('stopping; what is under way is finished first (Ctrl-C again: at once)'),
  );
  const results: LoadedFile[] = [];
  const codes: ExitCode[] = [];
  for (const file of files) {
    const outcome = await loadFile(work, file, { ...options, signal: interrupt.signal });
    codes.push(outcome.code);
    if (outcome.result !== null) results.push(outcome.result);
    if (outcome.code !== 0 && outcome.code !== 3) break;
  }
  printSummary(app.ui, results);
  await afterAll(results);
  if (codes.length < files.length) noteUntouched(app, files.slice(codes.length));
  if (results.length === codes.length) app.ui.line(`\nnext: ${nextStep(results)}`);
  return worst(codes);
}

interface FileOutcome {
  readonly code: ExitCode;
  readonly result: LoadedFile | null;
}

const ABORTED = 'is not loaded whole; the same command goes on where it stopped';

async function loadFile(
  { app, client, home, inputs }: Work,
  { input, ...file }: FileOfLoad,
  options: SharedOptions,
): Promise<FileOutcome> {
  const { ui } = app;
  const { label, name, plainName } = input;
  const progress = startProgress(ui, label);
  const told: Told[] = [];
  const plainly: string[] = [];
  const reached: Reached = { load: null, progress: null };
  try {
    const onProgress = (shown: Shown) => {
      if (shown.phase === 'sending') reached.progress = shown;
      progress.update(shown);
    };
    const onSending = ({ id }: { readonly id: string }) => {
      reached.load = id;
    };
    const onWaiting = (waiting: Waiting | null) => progress.wait(waiting);
    const onSniffed = (found: Told) => told.push(found);
    const onUnpacked = (bytes: number, size: number) => onProgress({ phase: 'unpacking', bytes, size });
    const { path, sha256 } = await inputs.open(input, { signal: options.signal, onProgress: onUnpacked });
    const hashed: HashedElsewhere = (onRead) => hashedAhead(path, onRead);
    const known = sha256 === null ? { hashed } : { sha256 };
    const onPlainLoad = (because: string) => plainly.push(`${label}: ${because}`);
    const ways = { onProgress, onSending, onSniffed, onWaiting, onPlainLoad };
    const content = { ...options, ...file, ...known, name, plainName, ...ways };
    const result = { ...(await loadOne(client, home, path, content)), file: label };
    progress.end();
    for (const line of plainly) ui.line(`${ui.warn('!')} ${oneLine(line)}`);
    for (const line of told.flatMap((each) => toldLines(ui, label, each))) ui.line(line);
    ui.data(lineOf(result));
    return { code: exitCodeOfLoad(result), result };
  } catch (error) {
    progress.end();
    const named = { file: label, table: file.table };
    const stopped = options.signal?.aborted === true;
    return {
      code: stopped
        ? fileStopped(app, named, error, { next: ABORTED, done: takenOf(reached) })
        : fileFailed(app, named, error),
      result: null,
    };
  } finally {
    await inputs.release(input);
  }
}

/** How far a file has come. */
interface Reached {
  load: string | null;
  progress: LoadProgress | null;
}

function takenOf({ load, progress }: Reached): string | null {
  if (load === null || progress === null) return null;
  const { bytes, size, counts } = progress;
  const taken = `${count(counts.read)} records, ${count(bytes)} of ${count(size)} bytes`;
  return `taken by load ${load}: ${taken}; see: rowferry receipts ${load}`;
}

/** The members of the contract in their order; `detail` only when there is something to say. */
function lineOf({ detail, rejects, ...result }: LoadedFile): object {
  return { ...result, rejects, ...(detail === null ? {} : { detail }) };
}

function noteUntouched(app: App, files: readonly FileOfTable[]): void {
  app.ui.note(`rowferry: not begun: ${files.map(({ input }) => input.label).join(', ')}`);
}
