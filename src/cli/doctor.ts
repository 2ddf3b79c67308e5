import type { Command } from 'commander';
import { Rowferry } from '../client/client.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';
import { oneLine } from '../log.ts';
import type { App } from './app.ts';
import { checkBackups, checkEncryption } from './backup-checks.ts';
import {
  bad,
  type Check,
  checkDatabase,
  checkDisk,
  checkHome,
  checkPort,
  checkSettings,
  good,
} from './checks.ts';
import type { ExitCode } from './exit-codes.ts';
import { plural } from './format.ts';
import { checkKeyFile, checkKeys, checkTls } from './security-checks.ts';

const SET_KEY = 'export ROWFERRY_KEY=rfk_…';
const MEND: Partial<Record<ErrorCode, string>> = {
  unauthorized: SET_KEY,
  'seal-invalid': SET_KEY,
  'seal-stale': 'sudo timedatectl set-ntp true',
};

/** Says of each thing how it stands; 1 when one must be mended. */
export async function doctor(app: App, command: Command): Promise<ExitCode> {
  const config = app.config(command);
  const checks: Check[] = [checkSettings(config)];
  if (config.server === null) {
    checks.push(await checkHome(config), await checkDisk(config), checkKeyFile(config));
    checks.push(...(await checkDatabase(config)), ...(await checkKeys(config)));
    checks.push(
      ...(await checkBackups(config)),
      await checkEncryption(config),
      checkTls(config),
      await checkPort(config),
    );
  } else {
    checks.push(await checkServer(config.server, config.key));
  }
  for (const check of checks) show(app, check);
  app.ui.line(`\n${verdictOn(checks)}`);
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

function verdictOn(checks: readonly Check[]): string {
  const wrong = checks.filter(({ ok }) => !ok).length;
  if (wrong > 0) return `${wrong} of ${checks.length} must be mended`;
  const due = checks.filter(({ mend }) => mend !== null).length;
  const but = due === 0 ? '' : `, but ${plural(due, 'thing')} ${due === 1 ? 'is' : 'are'} due soon`;
  return `all is well${but}. next: rowferry up`;
}

async function checkServer(url: string, key: string | null): Promise<Check> {
  const check = 'server';
  if (key === null) return bad(check, `no key is set for ${url}`, SET_KEY);
  try {
    const tables = await tablesAt(url, key);
    return good(check, `${url} is ready; the key sees ${plural(tables, 'table')}`);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const known = error instanceof RowferryError ? MEND[error.code] : undefined;
    return bad(check, detail, known ?? 'rowferry up, where the server belongs');
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
  const mark = !ok ? ui.bad('✗') : mend === null ? ui.good('✓') : ui.warn('!');
  ui.line(`${mark} ${check.padEnd(9)} ${oneLine(detail)}`);
  if (mend !== null) ui.line(`            ${oneLine(mend)}`);
}
