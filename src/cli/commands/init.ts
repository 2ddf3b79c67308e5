import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Cron } from 'croner';
import { CONFIG_FILE } from '../../config/file.ts';
import { loadConfig } from '../../config.ts';
import { engineNameOf, shownUrl, URL_FORMS } from '../../database/open.ts';
import { RowferryError } from '../../errors.ts';
import type { CreatedKey } from '../../ledger/keys.ts';
import { writeAtomic } from '../../lib/atomic-file.ts';
import { urlOf } from '../../server/address.ts';
import type { App, CommonFlags } from '../app.ts';
import { ask } from '../ask.ts';
import type { ExitCode } from '../exit-codes.ts';
import { makeFirstKey, showFirstKey } from '../first-key.ts';
import { examples, wholeNumber } from '../flags.ts';
import { connect } from '../local-server.ts';

interface InitFlags extends CommonFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly port?: number;
  readonly backupSchedule?: string;
  /** False with --no-key. */
  readonly key: boolean;
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
    .description(
      `Ask what is needed and write ${CONFIG_FILE} into the home folder. Where the database is there and has no API ` +
        'key yet, make the first one and print it, this once.',
    )
    .option('--yes', 'do not ask: take the flags, and defaults for the rest')
    .option('--force', 'write over a configuration that is there')
    .option('--port <number>', 'port to listen on', wholeNumber)
    .option('--backup-schedule <cron>', `when backups are made, in local time, or ${NO_SCHEDULE}`)
    .option('--no-key', 'do not make the first API key')
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
  ui.line(`${ui.good('✓')} ${file} is written`);
  const made = flags.key ? await firstKey(answers, app) : null;
  ui.data({
    file,
    ...settings,
    databaseUrl: shownUrl(settings.databaseUrl),
    token: made?.token ?? null,
    key: made?.key ?? null,
  });
  const where = home === resolve('.') ? '' : ` --home ${home}`;
  ui.line(`\nnext: rowferry doctor${where}   (is all as it must be?)`);
  ui.line(`      rowferry up${where}`);
  return 0;
}

/** The settings are written by now: what stands in the way of a key is told, and is no failure of this command. */
async function firstKey({ home, databaseUrl }: Answers, app: App): Promise<CreatedKey | null> {
  const { ui } = app;
  const config = { ...loadConfig({ home, databaseUrl }), server: null };
  try {
    await using connected = await connect({ config, log: app.quietLog(config) });
    const made = await makeFirstKey(connected.client.keys);
    if (made !== null) {
      ui.line();
      showFirstKey(
        ui,
        made.token,
        urlOf(config.tlsCert === null ? 'http' : 'https', config.host, config.port),
      );
    }
    return made;
  } catch (error) {
    ui.note('no API key was made:');
    ui.explain(error);
    return null;
  }
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
    databaseUrl: await askDatabase(databaseUrl),
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

/** A password that is configured already is not shown; the answer may leave it as it is. */
async function askDatabase(configured: string): Promise<string> {
  const initial = shownUrl(configured);
  const answer = await ask({ message: 'Database', initial, check: databaseFault });
  return answer === initial ? configured : answer;
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
    engineNameOf(url);
    return url === 'sqlite:' ? 'sqlite: needs a path after it' : undefined;
  } catch (error) {
    return error instanceof Error ? `${error.message}; write ${URL_FORMS}` : `write ${URL_FORMS}`;
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
