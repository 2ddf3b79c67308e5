import type { Command } from 'commander';
import type { Rowferry } from '../../client/client.ts';
import { RowferryError } from '../../errors.ts';
import { oneLine } from '../../log.ts';
import { AUTOMATIC_RETRY, type Load, type LoadState } from '../../model/receipt.ts';
import type { App } from '../app.ts';
import { dialectText } from '../dialect.ts';
import { fitTable, type TableText } from '../fit-table.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { count, moment, size } from '../format.ts';
import { wayOnWith } from '../goes-on.ts';
import { connect } from '../local-server.ts';
import { balanceLine, reasonLine } from '../summary.ts';
import type { Ui } from '../ui.ts';

interface ReceiptFlags {
  readonly table?: string;
  readonly limit: number;
  readonly server?: string;
}

interface Shown {
  readonly ui: Ui;
  readonly home: string;
  /** As it was typed. */
  readonly server?: string | undefined;
}

export function registerReceipts(program: Command, app: App): void {
  const command = program
    .command('receipts')
    .summary('show what became of the loads')
    .description('Show the loads, newest first; with an id one load with its reasons and its balance.')
    .argument('[load]', 'id of a load')
    .option('--table <name>', 'only loads into this table')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .addHelpText(
      'after',
      examples(
        ['rowferry receipts --table jobs', 'the newest loads into jobs'],
        ['rowferry receipts 01KAN3…', 'one load in full'],
        ['rowferry receipts abort 01KAN3…', 'end one that nobody goes on with'],
      ),
    );
  withServer(command).action((id: string | undefined, flags: ReceiptFlags) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config), onPause: app.onPause });
      if (id === undefined) await showLoads(app, connected.client, flags);
      else {
        const shown = { ui: app.ui, home: config.home, server: flags.server };
        await showLoad(shown, connected.client, await connected.client.receipt(id));
      }
      return 0;
    }),
  );
  registerAbort(command, app);
}

function registerAbort(parent: Command, app: App): void {
  const command = parent
    .command('abort')
    .summary('end a load that is still receiving')
    .description(
      'End a load that nobody goes on with. What was committed of it stays in the table, and its receipt says so; of an ' +
        'atomic load nothing was. Loading the same file again goes on with it, or starts over if it is atomic.',
    )
    .argument('<load>', 'id of a load')
    .addHelpText('after', examples(['rowferry receipts abort 01KAN3…', 'and show what became of it']));
  withServer(command).action((id: string) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config), onPause: app.onPause });
      const shown = { ui: app.ui, home: config.home };
      await showLoad(shown, connected.client, await connected.client.abort(id));
      return 0;
    }),
  );
}

async function showLoads(app: App, client: Rowferry, { table, limit }: ReceiptFlags): Promise<void> {
  const loads = await client.loads({ limit, ...(table === undefined ? {} : { table }) });
  for (const load of loads) app.ui.data(load);
  const { heads, rows } = fitTable(tableOf(loads), {
    width: app.ui.width,
    drop: [...idle(loads), 'when', 'table', 'skipped>', 'updated>'],
    cut: ['table', 'file'],
  });
  app.ui.table(heads, rows);
  app.ui.line(
    loads.length === 0 ? 'nothing was loaded yet: rowferry load FILE' : '\nnext: rowferry receipts LOAD',
  );
}

const HEADS = [
  'load',
  'when',
  'table',
  'file',
  'state',
  'read>',
  'inserted>',
  'updated>',
  'skipped>',
  'rejected>',
];

function tableOf(loads: readonly Load[]): TableText {
  const rows = loads.map((load) => [
    load.id,
    moment(load.createdAt),
    oneLine(load.table),
    oneLine(load.name),
    STATES[load.state],
    ...[load.read, load.inserted, load.updated, load.skipped, load.rejected].map(count),
  ]);
  return { heads: HEADS, rows };
}

/** The number of its rejects says the rest. */
const STATES: Readonly<Record<LoadState, string>> = {
  receiving: 'receiving',
  completed: 'completed',
  completed_with_rejects: 'completed',
  aborted: 'aborted',
  failed: 'failed',
};

/** Columns of nothing but zeros. */
function idle(loads: readonly Load[]): string[] {
  return (['skipped', 'updated'] as const)
    .filter((name) => loads.every((load) => load[name] === 0))
    .map((name) => `${name}>`);
}

async function showLoad(shown: Shown, client: Rowferry, load: Load): Promise<void> {
  const { ui } = shown;
  ui.data(load);
  const since = load.state === 'receiving' ? `, nothing since ${moment(load.updatedAt)}` : '';
  ui.line(`${ui.bold(oneLine(load.table))} from ${oneLine(load.name)}, ${load.state}${since}`);
  const parent = load.parent === null ? null : await client.receipt(load.parent);
  const facts: ReadonlyArray<readonly [name: string, fact: string]> = [
    ['load', parent === null ? load.id : `${load.id}, retries ${parent.id} from ${oneLine(parent.name)}`],
    ['when', `${moment(load.createdAt)} to ${moment(load.updatedAt)}`],
    ['content', `${size(load.size)}, SHA-256 ${load.sha256}`],
    ['taken', load.offset === load.size ? 'all of it' : `${count(load.offset)} of ${count(load.size)} bytes`],
    ['written', `mode ${load.mode}${load.atomic ? ', atomic' : ''}, ${load.strategy ?? 'nothing yet'}`],
    ['dialect', load.dialect === null ? 'not known yet' : oneLine(dialectText(load.dialect))],
    ['balance', balanceLine(load)],
  ];
  for (const [name, fact] of facts) ui.line(`  ${name.padEnd(8)} ${fact}`);
  if (load.detail !== null) ui.line(`  ${ui.warn(oneLine(load.detail))}`);
  for (const reason of load.reasons) ui.line(`    ${reasonLine(reason)}`);
  if (load.rejected > 0) await showRetries(ui, client, load.id);
  if (load.state === 'receiving') showWaysOn(shown, load);
  else if (load.rejected > 0 && !ui.json) await showRejected(ui, client, load);
}

async function showRejected(ui: Ui, client: Rowferry, load: Load): Promise<void> {
  const has = await hasOpen(client, load).catch((error: unknown) => {
    // A key that may not see rejects; that command says what it lacks.
    if (error instanceof RowferryError && error.code === 'forbidden') return true;
    throw error;
  });
  ui.line(has ? `\nnext: rowferry rejects ${load.id}` : '\nall of its rejects were loaded since');
}

/** Whether there is anything still to be done for a load's rejects; those of a retry are open where they came from. */
export async function hasOpen(client: Rowferry, { id, parent }: Load): Promise<boolean> {
  for await (const _open of client.rejects(parent ?? id, { state: 'open' })) return true;
  return false;
}

/** Whether somebody still sends it, nobody can tell; when something came last, the ledger knows. */
function showWaysOn({ ui, home, server }: Shown, load: Load): void {
  const { command, notes } = wayOnWith(load, home, server);
  ui.line(`\nnext: ${oneLine(command)}    goes on with it`);
  for (const note of notes) ui.line(`        ${oneLine(note)}`);
  ui.line(`      rowferry receipts abort ${load.id}    ends it`);
}

/** The loads that took its rejects again, oldest first. */
export async function showRetries(ui: Ui, client: Rowferry, load: string): Promise<void> {
  for (const retry of (await client.loads({ parent: load, limit: MOST_RETRIES })).toReversed()) {
    const loaded = retry.inserted + retry.updated + retry.skipped;
    if (loaded > 0)
      ui.line(
        `  ${count(loaded)} ${loaded === 1 ? 'was' : 'were'} loaded since by ${retry.id}${howOf(retry)}, ${moment(retry.createdAt)}`,
      );
  }
}

const howOf = ({ name }: Load): string => (name === AUTOMATIC_RETRY ? ` (${name})` : '');

const MOST_RETRIES = 100;
