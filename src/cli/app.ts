import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Config, type ConfigInput, loadConfig } from '../config.ts';
import type { RowferryError } from '../errors.ts';
import { asDiskError } from '../lib/disk-error.ts';
import { createLog, type Logger, oneLine } from '../log.ts';
import { checkDialects } from './dialect.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodeOf } from './exit-codes.ts';
import { count } from './format.ts';
import { checkSchemas } from './schema.ts';
import type { Streams, Ui } from './ui.ts';

/** Flags that every command takes. */
export interface CommonFlags {
  readonly home?: string;
  readonly databaseUrl?: string;
  readonly server?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
}

const NO_ROOM = ['no room left on the disk', 'free some space, then type the same again'] as const;

/** What closes behind a failure may fail too, often by the same cause: the failure itself is what is told. */
function firstOf(error: unknown): unknown {
  return error instanceof SuppressedError ? firstOf(error.suppressed) : error;
}

/** What a command works with. */
export class App {
  readonly ui: Ui;
  readonly streams: Streams;
  exitCode: ExitCode = 0;
  #log: (() => Logger) | null = null;

  constructor(ui: Ui, streams: Streams) {
    this.ui = ui;
    this.streams = streams;
  }

  /** Runs a command's work, and turns what it throws into words and an exit code. */
  async run(work: () => Promise<ExitCode>): Promise<void> {
    try {
      this.exitCode = await work();
    } catch (thrown) {
      const error = asDiskError(firstOf(thrown), ...NO_ROOM);
      this.ui.error(error);
      this.exitCode = exitCodeOf(error);
      this.keepInLog(error);
    }
  }

  /** What failed also stands in log.txt; wrong use does not. */
  keepInLog(error: unknown): void {
    if (exitCodeOf(error) === 1) this.#log?.().error({ err: error }, 'the command failed');
  }

  config(command: Command, more: ConfigInput = {}): Config {
    const { home, databaseUrl, server } = command.optsWithGlobals<CommonFlags>();
    const config = loadConfig({ home, databaseUrl, server, ...more });
    checkDialects(config);
    checkSchemas(config);
    return config;
  }

  /** The server has no time for a request, or does not answer it. */
  readonly onPause = ({ detail }: RowferryError, waitMs: number): void => {
    const then = waitMs < 1500 ? 'is asked again for some seconds' : `once more in ${count(waitMs / 1000)} s`;
    this.ui.note(`rowferry: ${oneLine(detail)}; ${then}`);
  };

  /** For a command that answers and ends: what goes wrong inside it stands in log.txt, the rest only with --debug. */
  quietLog(config: Config): () => Logger {
    const { ui } = this;
    // A command that fails before anything was begun leaves nothing behind.
    const errorFile = existsSync(config.home) ? join(config.home, 'log.txt') : null;
    const level = ui.debug ? 'debug' : 'warn';
    const destination = { write: (line: string) => void (ui.debug && ui.stderr.write(line)) };
    // A command that has nothing to log starts sooner without it.
    let made: Logger | null = null;
    this.#log = () => {
      made ??= createLog({ level, destination, errorFile });
      return made;
    };
    return this.#log;
  }
}
