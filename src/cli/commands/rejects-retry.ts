import type { Command } from 'commander';
import type { Rowferry } from '../../client/client.ts';
import { oneLine } from '../../log.ts';
import type { Dialect } from '../../model/dialect.ts';
import { type BatchReceipt, type Counts, NO_COUNTS } from '../../model/receipt.ts';
import type { App } from '../app.ts';
import { tellCircle } from '../circle-line.ts';
import type { ExitCode } from '../exit-codes.ts';
import { dialectOf, examples, withDialect, withServer } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { connect } from '../local-server.ts';
import { balanceLine, reasonLine } from '../summary.ts';

interface RetryFlags {
  readonly with?: string;
  readonly dialect?: string;
}

export function registerRetry(parent: Command, app: App): void {
  const command = parent
    .command('retry')
    .summary('load the rejects of a load again')
    .description(
      'Load the open rejects of a load again as they were, for rows whose parents have come since; or with --with the ' +
        'records of a file that has them mended: the one under data/not_added, or what rejects --export raw wrote. Each ' +
        'is loaded once, however often it is sent; what is still wrong stays open with its new reasons.',
    )
    .argument('<load>', 'id of a load')
    .option('--with <file>', 'the records, mended; those that cannot be mended yet may stay in')
    .addHelpText(
      'after',
      `${examples(
        ['rowferry rejects retry 01KAN3…', 'a new load, linked to the first'],
        ['rowferry rejects retry 01KAN3… --with fixed.csv', 'mended records for the rejects'],
      )}\n\nExit codes: 0 all of them were loaded · 1 failed · 2 wrong use · 3 some are rejects still`,
    );
  withDialect(withServer(command)).action((id: string, flags: RetryFlags) =>
    app.run(async (): Promise<ExitCode> => {
      const config = app.config(command);
      const dialect = dialectOf(flags.dialect);
      await using connected = await connect({ config, log: app.quietLog(config), onPause: app.onPause });
      using interrupt = onInterrupt(() => app.ui.note('stopping after this request'));
      const { client } = connected;
      return await retry(app, client, receipts(client, id, flags.with, dialect, interrupt.signal));
    }),
  );
}

function receipts(
  client: Rowferry,
  id: string,
  file: string | undefined,
  dialect: Partial<Dialect> | undefined,
  signal: AbortSignal,
): AsyncGenerator<BatchReceipt> {
  if (file === undefined) return client.retryAll(id, signal);
  return client.mend(id, file, { signal, ...(dialect === undefined ? {} : { dialect }) });
}

async function retry(
  { ui }: App,
  client: Rowferry,
  receipts: AsyncIterable<BatchReceipt>,
): Promise<ExitCode> {
  let sum: Counts = NO_COUNTS;
  let last: BatchReceipt | null = null;
  for await (const receipt of receipts) {
    ui.data(receipt);
    ui.line(`${oneLine(receipt.table)}: ${balanceLine(receipt)}`);
    for (const reason of receipt.reasons) ui.line(`  ${reasonLine(reason)}`);
    sum = added(sum, receipt);
    last = receipt;
  }
  if (sum.read === 0) ui.line('nothing was left to load: each of these was loaded before, or is not open');
  if (last !== null && sum.rejected > 0) await tellCircle(ui, client, last.table, last.reasons);
  if (last !== null && sum.rejected > 0) ui.line(`\nnext: rowferry rejects ${last.load}`);
  return sum.rejected > 0 ? 3 : 0;
}

const added = (sum: Counts, more: Counts): Counts => ({
  read: sum.read + more.read,
  inserted: sum.inserted + more.inserted,
  updated: sum.updated + more.updated,
  skipped: sum.skipped + more.skipped,
  rejected: sum.rejected + more.rejected,
});
