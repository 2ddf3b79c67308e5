import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Cron } from 'croner';
import { CONFIG_FILE, loadConfig } from '../../config.ts';
import { engineOf } from '../../database/open.ts';
import { RowferryError } from '../../errors.ts';
import { writeAtomic } from '../../lib/atomic-file.ts';
import type { App, CommonFlags } from '../app.ts';
import { ask } from '../ask.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, wholeNumber } from '../flags.ts';

interface InitFlags extends CommonFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly port?: number;
  readonly backupSchedule?: string;
}

interface Answers {
  readonly home: string;
  readonly databaseUrl: string;
  readonly port: number;
  /** Null: no scheduled backups. */
  readonly backupSchedule: string | null;
}

const NO_SCHEDULE = 'none';

export function registerInit(program: Command, app: App): void {
  const command = program
    .command('init')
    .summary('write a configuration for a database of your own')
    .description(`Ask what is needed and write ${CONFIG_FILE} into the home folder.`)
    .option('--yes', 'do not ask: take the flags, and defaults for the rest')
    .option('--force', 'write over a configuration that is there')
    .option('--port <number>', 'port to listen on', wholeNumber)
    .option('--backup-schedule <cron>', `when backups are made, in local time, or ${NO_SCHEDULE}`)
    .addHelpText(
      'after',
      examples(
        ['rowferry init', 'answer four questions'],
        [
          'rowferry init --yes --database-url sqlite:/srv/hr.sqlite --backup-schedule "0 2 * * *"',
          'for a script',
        ],
      ),
    );
  command.action(() => app.run(() => init(command.optsWithGlobals<InitFlags>(), app)));
}

async function init(flags: InitFlags, app: App): Promise<ExitCode> {
  const { ui } = app;
  const answers = flags.yes === true ? checked(defaultsOf(flags)) : await askAll(defaultsOf(flags), app);
  const file = join(answers.home, CONFIG_FILE);
  if (existsSync(file) && flags.force !== true) {
    throw new RowferryError('usage', `${file} is there already; nothing was written`, {
      hint: 'say --force to write over it',
    });
  }
  const { home, ...settings } = answers;
  await writeAtomic(file, (handle) => handle.writeFile(`${JSON.stringify(settings, null, 2)}\n`), {
    mode: 0o600,
  });
  ui.data({ file, ...settings });
  ui.line(`${ui.good('✓')} ${file} is written`);
  const where = home === resolve('.') ? '' : ` --home ${home}`;
  ui.line(`\nnext: rowferry doctor${where}   (is all as it must be?)`);
  ui.line(`      rowferry up${where}       (its first start prints an API key)`);
  return 0;
}

/** Flags, then what is configured now, then the defaults of config.ts. */
function defaultsOf({ home, databaseUrl, port, backupSchedule }: InitFlags): Answers {
  const now = loadConfig({ home, databaseUrl, port });
  const asked = backupSchedule === NO_SCHEDULE ? null : backupSchedule;
  return {
    home: now.home,
    databaseUrl: now.databaseUrl,
    port: now.port,
    backupSchedule: asked === undefined ? now.backupSchedule : asked,
  };
}

async function askAll(defaults: Answers, app: App): Promise<Answers> {
  if (!process.stdin.isTTY || !app.ui.stdoutIsTerminal) {
    throw new RowferryError('usage', 'there is no terminal to ask on; nothing was written', {
      hint: 'say --yes, with --database-url and the other settings as flags (rowferry init --help)',
    });
  }
  const { databaseUrl, home, port, backupSchedule } = defaults;
  return checked({
    databaseUrl: await ask({ message: 'Database', initial: databaseUrl, check: databaseFault }),
    home: resolve(await ask({ message: 'Folder for data/ and backups/', initial: home })),
    port: Number(await ask({ message: 'Port of the server', initial: String(port), check: portFault })),
    backupSchedule: scheduleOf(
      await ask({
        message: `Backups: minute hour day month weekday, or ${NO_SCHEDULE}`,
        initial: backupSchedule ?? NO_SCHEDULE,
        check: scheduleFault,
      }),
    ),
  });
}

function scheduleOf(text: string): string | null {
  return text === NO_SCHEDULE ? null : text;
}

/** A relative path of a database would mean another file from another folder. */
function checked(answers: Answers): Answers {
  const faults = [databaseFault(answers.databaseUrl), scheduleFault(answers.backupSchedule ?? NO_SCHEDULE)];
  const fault = faults.find((each) => each !== undefined);
  if (fault !== undefined) throw new RowferryError('usage', `${fault}; nothing was written`);
  return {
    ...answers,
    databaseUrl: answers.databaseUrl.replace(/^sqlite:(.+)$/, (_, path) => `sqlite:${resolve(path)}`),
  };
}

function databaseFault(url: string): string | undefined {
  try {
    engineOf(url);
    return url === 'sqlite:' ? 'sqlite: needs a path after it' : undefined;
  } catch (error) {
    return error instanceof Error ? `${error.message}; write sqlite:PATH` : 'write sqlite:PATH';
  }
}

function portFault(text: string): string | undefined {
  return /^\d+$/.test(text) && Number(text) <= 65_535 ? undefined : 'a number from 0 to 65535';
}

function scheduleFault(text: string): string | undefined {
  if (text === NO_SCHEDULE) return undefined;
  try {
    new Cron(text, { paused: true }).stop();
    return undefined;
  } catch {
    return `${JSON.stringify(text)} is no schedule; write it like "0 3 * * *" (3:00 each day)`;
  }
}
