import { join } from 'node:path';
import type { Config } from '../config.ts';
import { createLog, type Logger, oneLine } from '../log.ts';
import type { App } from './app.ts';
import { type Stream, Ui } from './ui.ts';

export interface ServiceOutput {
  /** Lines for people: stdout, or stderr where stdout holds the log. */
  readonly ui: Ui;
  readonly log: Logger;
  /** Somebody reads the lines as they come: a terminal, or text that was asked for. Otherwise they may be kept. */
  readonly isRead: boolean;
}

/**
 * Where up, serve and watch write. json: the structured log on stdout, lines for people on stderr. text: lines for
 * people on stdout, warnings among them on stderr. Default: text on a terminal and while nothing is configured.
 */
export function serviceOutput(app: App, config: Config, asked: 'text' | 'json' | undefined): ServiceOutput {
  const { stdout, stderr } = app.streams;
  const unconfigured = config.databaseIsDefault && config.file === null;
  const byDefault = app.ui.stdoutIsTerminal || unconfigured ? 'text' : 'json';
  const format = app.ui.json ? 'json' : (asked ?? byDefault);
  const level = app.ui.debug ? 'debug' : 'info';
  const errorFile = join(config.home, 'log.txt');
  if (format === 'json') {
    return {
      ui: new Ui({ stdout: stderr, stderr }),
      log: createLog({ level, errorFile, destination: stdout }),
      isRead: stderr.isTTY === true,
    };
  }
  const log = createLog({ level, errorFile, destination: warnings(stderr) });
  return { ui: new Ui(app.streams), log, isRead: true };
}

/** pino's levels: 40 warn, 50 error, 60 fatal. */
function warnings(stderr: Stream): { write(line: string): void } {
  return {
    write(line) {
      const { level, msg, err, accounted, ...fields } = parsed(line);
      // The rejects of a load stand in its summary, for a person to read once.
      if (typeof level !== 'number' || level < 40 || accounted === true) return;
      // pino adds the messages of causes to that of an error; its detail says it once.
      const { detail, message } = { ...fields, ...(typeof err === 'object' ? err : null) };
      const because = detail ?? message;
      stderr.write(
        `${level < 50 ? 'warning' : 'error'}: ${oneLine(because === undefined ? `${msg}` : `${msg}: ${because}`)}\n`,
      );
    },
  };
}

function parsed(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
