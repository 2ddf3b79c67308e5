import type { Command } from 'commander';
import { Rowferry } from '../../client/client.ts';
import { type ErrorCode, RowferryError } from '../../errors.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import {
  type Check,
  checkDatabase,
  checkDisk,
  checkHome,
  checkKeyFile,
  checkPort,
  checkSettings,
} from '../checks.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, withServer } from '../flags.ts';

const KEY_FAULTS: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'seal-invalid']);

export function registerDoctor(program: Command, app: App): void {
  const command = program
    .command('doctor')
    .summary('say what is wrong with this set-up')
    .description('Check the set-up, and say for each fault the command that mends it. Nothing is written.')
    .addHelpText('after', examples(['rowferry doctor', 'exit code 1 when something is wrong']));
  withServer(command).action(() => app.run(() => doctor(app, command)));
}

async function doctor(app: App, command: Command): Promise<ExitCode> {
  const config = app.config(command);
  const checks: Check[] = [checkSettings(config)];
  if (config.server === null) {
    checks.push(await checkHome(config), await checkDisk(config), await checkKeyFile(config));
    checks.push(...(await checkDatabase(config)), await checkPort(config));
  } else {
    checks.push(await checkServer(config.server, config.key));
  }
  for (const check of checks) show(app, check);
  const wrong = checks.filter(({ ok }) => !ok).length;
  app.ui.line(
    wrong === 0 ? '\nall is well. next: rowferry up' : `\n${wrong} of ${checks.length} must be mended`,
  );
  return wrong === 0 ? 0 : 1;
}

async function checkServer(url: string, key: string | null): Promise<Check> {
  const check = 'server';
  const mend = 'export ROWFERRY_KEY=rfk_…';
  if (key === null) return { check, ok: false, detail: `no key is set for ${url}`, mend };
  try {
    const tables = await tablesAt(url, key);
    return { check, ok: true, detail: `${url} is ready; the key sees ${tables} tables`, mend: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const ofKey = error instanceof RowferryError && KEY_FAULTS.has(error.code);
    return { check, ok: false, detail, mend: ofKey ? mend : 'rowferry up, where the server belongs' };
  }
}

async function tablesAt(url: string, key: string): Promise<number> {
  const client = new Rowferry({ url, key });
  try {
    await client.health();
    return (await client.tables()).length;
  } finally {
    client.close();
  }
}

function show({ ui }: App, { check, ok, detail, mend }: Check): void {
  ui.data({ check, ok, detail, mend });
  ui.line(`${ok ? ui.good('✓') : ui.bad('✗')} ${check.padEnd(9)} ${oneLine(detail)}`);
  if (mend !== null) ui.line(`            ${oneLine(mend)}`);
}
