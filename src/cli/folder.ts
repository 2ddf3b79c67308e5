import { join } from 'node:path';
import type { Rowferry, Waiting } from '../client/client.ts';
import type { Config } from '../config.ts';
import type { Told } from '../csv/sniff/content.ts';
import { type Logger, oneLine } from '../log.ts';
import type { WatchEvent, Watcher } from '../watch/contract.ts';
import { startWatcher } from '../watch/watcher.ts';
import { dialectFor, toldLines } from './dialect.ts';
import { tableOfMended } from './load-mended.ts';
import { loadOne } from './load-one.ts';
import { waits } from './progress.ts';
import { RecentTables } from './recent-tables.ts';
import { schemasFor } from './schema.ts';
import { type LoadedFile, printAccount, printSummary } from './summary.ts';
import type { Ui } from './ui.ts';

export interface FolderOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly ui: Ui;
  readonly client: Rowferry;
}

/** Results that are kept for one table, however many files lie there at the start: each takes 2 KB. */
const MOST_IN_A_TABLE = 1000;

/** The folder watcher, wired to the API and to the screen. */
export class Folder implements AsyncDisposable {
  readonly #options: FolderOptions;
  readonly #results = new Map<string, LoadedFile>();
  readonly #first: LoadedFile[] = [];
  #watcher: Watcher | null = null;
  #settled = false;

  constructor(options: FolderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { config, log, client, ui } = this.#options;
    const known = new RecentTables(client);
    this.#watcher = await startWatcher({
      config,
      log,
      tables: (how) => known.tables(how),
      tableOf: (name) => tableOfMended(client, name),
      loadFile: async ({ path, name, plainName, sha256, table, sending }, signal) => {
        const onSending = (load: { readonly id: string }) => sending(load.id);
        const options = {
          ...dialectFor(config, table, undefined),
          ...schemasFor(ui, config, undefined, [{ table }]).get(table),
          ...known.rulesOf(table),
          table,
          name,
          plainName,
          ...(sha256 === null ? {} : { sha256 }),
          noFollow: true,
          onPlainLoad: (because: string) => ui.line(`${ui.warn('!')} ${oneLine(`${name}: ${because}`)}`),
          onSending,
          onSniffed: (told: Told) => {
            for (const line of toldLines(ui, name, told)) ui.line(line);
          },
          waitMs: config.waitMs,
          onWaiting: (waiting: Waiting | null) => this.#showWaiting(name, waiting),
          signal,
        };
        const result = { ...(await loadOne(client, config.home, path, options)), file: name };
        this.#results.set(name, result);
        return result;
      },
      onEvent: (event) => this.#show(event),
    });
  }

  /** Resolves when what lay there at the start is dealt with and its summary printed. */
  async settled(): Promise<void> {
    await this.#watcher?.idle();
    this.#settled = true;
    printSummary(this.#options.ui, this.#first.splice(0));
  }

  get incoming(): string {
    return join(this.#options.config.home, 'data', 'incoming');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher?.close();
  }

  /** Before the watcher holds the file: what was sent of it need not be read again. */
  #showWaiting(name: string, waiting: Waiting | null): void {
    const { log, ui } = this.#options;
    if (waiting === null) {
      log.info({ file: name }, 'goes on');
      ui.line(`${oneLine(name)} goes on`);
    } else {
      const { code, hint } = waiting.reason;
      log.warn({ file: name, code, hint }, `${name} ${waits(waiting)}`);
    }
  }

  #show(event: WatchEvent): void {
    const { ui } = this.#options;
    if (event.kind === 'claimed') ui.line(`loading ${oneLine(event.name)} into ${oneLine(event.table)}`);
    else if (event.kind === 'done') this.#showDone(event);
    else if (event.kind === 'failed') this.#showFailed(event);
    else if (event.kind === 'held') {
      ui.line(
        `${ui.warn('waiting')} ${oneLine(event.name ?? 'the folder')}: ${oneLine(event.reason.detail)}`,
      );
    } else
      ui.line(
        `${ui.warn('ignored')} ${oneLine(event.name)}: not a CSV file or an archive; it stays where it is`,
      );
  }

  /** At the start the files come together and share one table; later each is told of when it is done. */
  #showDone({ name, outcome }: WatchEvent & { readonly kind: 'done' }): void {
    const sent = this.#results.get(name);
    this.#results.delete(name);
    if (sent === undefined) return;
    // The watcher knows better: a file that was loaded right before a crash is no duplicate.
    const result = { ...sent, state: outcome.state };
    if (this.#settled) printAccount(this.#options.ui, result);
    else this.#first.push(result);
    if (this.#first.length === MOST_IN_A_TABLE) printSummary(this.#options.ui, this.#first.splice(0));
  }

  #showFailed({ name, placed, reason }: WatchEvent & { readonly kind: 'failed' }): void {
    const { ui } = this.#options;
    // Of an archive the member that failed is the last that was sent.
    for (const sent of this.#results.keys())
      if (sent === name || sent.startsWith(`${name}!`)) this.#results.delete(sent);
    ui.line(`${ui.bad('✗')} ${oneLine(name)}: ${oneLine(reason.detail)}`);
    if (reason.hint !== undefined) ui.line(`  ${oneLine(reason.hint)}`);
    ui.line(`  it lies in ${oneLine(placed)}, with the reason beside it`);
  }
}
