import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import type { RejectFilter, Rowferry } from '../../client/client.ts';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportRejects,
  type RejectPages,
} from '../../client/export-rejects.ts';
import { RowferryError } from '../../errors.ts';
import { writeAtomic } from '../../lib/atomic-file.ts';
import { oneLine } from '../../log.ts';
import type { Load } from '../../model/receipt.ts';
import { REJECT_CODES, type RejectCode, type RejectDocument } from '../../model/reject.ts';
import type { App } from '../app.ts';
import { tellCircle } from '../circle-line.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { count, moment } from '../format.ts';
import { connect } from '../local-server.ts';
import { REJECT_HEADS, reasonRows } from '../reject-rows.ts';
import { hasOpen, showRetries } from './receipts.ts';
import { registerRetry } from './rejects-retry.ts';

interface RejectFlags {
  readonly limit: number;
  readonly all?: true;
  readonly code?: RejectCode;
  readonly column?: string;
  readonly export?: ExportFormat;
  readonly out?: string;
}

/** How many of the newest loads are looked through for rejects. */
const LOADS = 1000;

export function registerRejects(program: Command, app: App): void {
  const command = program
    .command('rejects')
    .summary('show the records that were not loaded, and why')
    .description(
      'Show which loads have rejects; with an id those of its rejects that are still to be loaded, each with every reason.',
    )
    .argument('[load]', 'id of a load')
    .option('--limit <n>', 'rejects to show; with --json or --export all are given', wholeNumber, 20)
    .option('--all', 'those that were loaded since, too')
    .addOption(new Option('--code <code>', 'only those with a reason of this code').choices(REJECT_CODES))
    .option('--column <name>', 'only those with a reason in this column')
    .addOption(
      new Option(
        '--export <format>',
        'raw: the records as they came, header first; ndjson: one reject a line; csv: one reason a line, for a spreadsheet',
      ).choices(EXPORT_FORMATS),
    )
    .option('--out <file>', 'where the export goes (default: stdout)')
    .addHelpText(
      'after',
      examples(
        ['rowferry rejects', 'the loads that have rejects'],
        ['rowferry rejects 01KAN3…', 'line, column, value and reason of each'],
        ['rowferry rejects 01KAN3… --export raw --out fixed.csv', 'to be mended'],
        ['rowferry rejects retry 01KAN3… --with fixed.csv', 'load the mended records, each once'],
        ['rowferry rejects retry 01KAN3…', 'load them again as they are, now that their parents are there'],
      ),
    );
  withServer(command).action((id: string | undefined, flags: RejectFlags) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config), onPause: app.onPause });
      if (id === undefined) await showLoads(app, connected.client);
      else await showRejects(app, connected.client, id, flags);
      return 0;
    }),
  );
  registerRetry(command, app);
}

async function showLoads(app: App, client: Rowferry): Promise<void> {
  const { ui } = app;
  const loads = (await client.loads({ limit: LOADS })).filter((load) => load.rejected > 0);
  for (const load of loads) ui.data(load);
  if (loads.length === 0) return ui.line('no rejects: every record that was read is in its table');
  ui.table(
    ['load', 'when', 'table', 'file', 'rejected>', 'most often'],
    loads.map((load) => {
      const most = load.reasons.toSorted((a, b) => b.count - a.count)[0];
      const why =
        most === undefined ? '' : `${count(most.count)} × ${most.code} ${oneLine(most.column ?? '')}`;
      return [
        load.id,
        moment(load.createdAt),
        oneLine(load.table),
        oneLine(load.name),
        count(load.rejected),
        why,
      ];
    }),
  );
  ui.line('\nnext: rowferry rejects LOAD');
}

async function showRejects(app: App, client: Rowferry, id: string, flags: RejectFlags): Promise<void> {
  const { ui } = app;
  const load = await client.receipt(id);
  const pages = client.rejectPages(id, filterOf(load, flags));
  const format = flags.export ?? (ui.json ? 'ndjson' : null);
  if (format !== null) return write(app, exportRejects(format, load, pages), flags.out);
  if (flags.out !== undefined) {
    throw new RowferryError('usage', '--out is for an export', {
      hint: `add --export ${EXPORT_FORMATS.join('|')}`,
    });
  }
  const shown: RejectDocument[] = [];
  let more = false;
  for await (const reject of rejectsOf(pages)) {
    if (shown.length === flags.limit) {
      more = true;
      break;
    }
    shown.push(reject);
  }
  await tellFile(app, client, load);
  if (flags.all === true) ui.table([...REJECT_HEADS, 'loaded since by'], shown.flatMap(rowsWithRetry));
  else ui.table(REJECT_HEADS, shown.flatMap(reasonRows));
  if (more) ui.line(`\nand more: --limit N, or --export ndjson for all of them`);
  if (load.rejected > 0) await showRetries(ui, client, load.id);
  if (flags.all === true && shown.length > 0 && !(await hasOpen(client, load))) return;
  await tellCircle(
    ui,
    client,
    load.table,
    shown.flatMap(({ errors }) => errors),
  );
  if (shown.length > 0) showNext(app, load);
  else if (load.rejected === 0) ui.line('this load has no rejects');
  else ui.line('none of its rejects is open with this: --all shows those that were loaded since');
}

/** Lines are those of the file, also in a load that tries its rejects again. */
async function tellFile({ ui }: App, client: Rowferry, load: Load): Promise<void> {
  const { name } = load.parent === null ? load : await client.receipt(load.parent);
  ui.line(`${ui.bold(oneLine(load.table))} from ${oneLine(name)}`);
}

function rowsWithRetry(reject: RejectDocument): string[][] {
  return reasonRows(reject).map((row, index) => [...row, index === 0 ? (reject.retryLoad ?? '') : '']);
}

async function* rejectsOf(pages: RejectPages): AsyncGenerator<RejectDocument> {
  for await (const page of pages) yield* page;
}

/** Those that are still to be loaded; of a load that is a retry itself, what it could not load. */
function filterOf(load: Load, { all, code, column }: RejectFlags): RejectFilter {
  const state = all === true || load.parent !== null ? {} : { state: 'open' as const };
  return { ...state, ...(code === undefined ? {} : { code }), ...(column === undefined ? {} : { column }) };
}

function showNext({ ui }: App, load: Load): void {
  const origin = load.parent ?? load.id;
  ui.line(`\nnext: mend them (data/not_added, or --export raw --out fixed.csv), then`);
  ui.line(`      rowferry rejects retry ${origin} --with fixed.csv`);
  ui.line(`      or load them again as they are: rowferry rejects retry ${origin}`);
}

/** To a file whole or not at all; to stdout as fast as it is taken. */
async function write(
  { ui }: App,
  content: AsyncIterable<Uint8Array | string>,
  out: string | undefined,
): Promise<void> {
  if (out === undefined)
    return pipeline(Readable.from(content, { objectMode: false }), ui.stdout, { end: false });
  await writeAtomic(out, async (file) => {
    for await (const chunk of content) await file.writeFile(chunk);
  });
  ui.note(`written: ${oneLine(out)}`);
}
