import type { Command } from 'commander';
import type { Rowferry } from '../../client/client.ts';
import { receiptOf } from '../../client/problem.ts';
import { oneLine } from '../../log.ts';
import type { BatchReceipt } from '../../model/receipt.ts';
import type { RejectDocument } from '../../model/reject.ts';
import type { App } from '../app.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { count, moment } from '../format.ts';
import { connect } from '../local-server.ts';
import { REJECT_HEADS, reasonRows } from '../reject-rows.ts';
import { balanceLine, reasonLine } from '../summary.ts';

interface RejectFlags {
  readonly limit: number;
}

/** How many of the newest loads are looked through for rejects. */
const LOADS = 1000;

export function registerRejects(program: Command, app: App): void {
  const command = program
    .command('rejects')
    .summary('show the records that were not loaded, and why')
    .description('Show which loads have rejects; with an id its rejects, each with every reason.')
    .argument('[load]', 'id of a load')
    .option('--limit <n>', 'rejects to show; with --json all are given', wholeNumber, 20)
    .addHelpText(
      'after',
      examples(
        ['rowferry rejects', 'the loads that have rejects'],
        ['rowferry rejects 01KAN3…', 'line, column, value and reason of each'],
        ['rowferry rejects retry 01KAN3…', 'load them again as they are, now that their parents are there'],
      ),
    );
  withServer(command).action((id: string | undefined, flags: RejectFlags) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      if (id === undefined) await showLoads(app, connected.client);
      else await showRejects(app, connected.client, id, flags.limit);
      return 0;
    }),
  );
  registerRetry(command, app);
}

function registerRetry(parent: Command, app: App): void {
  const command = parent
    .command('retry')
    .summary('load the rejects of a load again')
    .description(
      'Load the rejected records of a load again as they were: for rows whose parents have come since. Records that ' +
        'must be mended lie under data/not_added; mend them there and load that file.',
    )
    .argument('<load>', 'id of a load')
    .addHelpText('after', examples(['rowferry rejects retry 01KAN3…', 'a new load, linked to the first']));
  withServer(command).action((id: string) =>
    app.run(async (): Promise<ExitCode> => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      return showRetry(app, await retry(connected.client, id));
    }),
  );
}

/** That not one row was loaded is an answer here, not an error: its receipt comes with the problem. */
async function retry(client: Rowferry, id: string): Promise<BatchReceipt> {
  try {
    return await client.retry(id);
  } catch (error) {
    const receipt = receiptOf(error);
    if (receipt === null) throw error;
    return receipt;
  }
}

function showRetry({ ui }: App, receipt: BatchReceipt): ExitCode {
  ui.data(receipt);
  ui.line(`${oneLine(receipt.table)}: ${balanceLine(receipt)}`);
  for (const reason of receipt.reasons) ui.line(`  ${reasonLine(reason)}`);
  if (receipt.rejected > 0) ui.line(`\nnext: rowferry rejects ${receipt.load}`);
  return receipt.rejected > 0 ? 3 : 0;
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

async function showRejects(app: App, client: Rowferry, id: string, limit: number): Promise<void> {
  const { ui } = app;
  const shown: RejectDocument[] = [];
  let more = false;
  for await (const reject of client.rejects(id)) {
    ui.data(reject);
    if (shown.length < limit) shown.push(reject);
    else if (!ui.json) {
      more = true;
      break;
    }
  }
  ui.table(REJECT_HEADS, shown.flatMap(reasonRows));
  if (more) ui.line(`\nand more: --limit N, or --json for all of them`);
  ui.line(
    shown.length === 0
      ? 'this load has no rejects'
      : `\nnext: mend them under data/not_added and load that file,`,
  );
  if (shown.length > 0) ui.line(`      or load them again as they are: rowferry rejects retry ${id}`);
}
