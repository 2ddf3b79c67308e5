import { resolve } from 'node:path';
import type { ConfigInput } from '../config.ts';
import { RowferryError } from '../errors.ts';
import { invalid, text } from '../lib/setting.ts';

/** The settings of more kinds than texts and choices: each read from the merged ones, in the form that Config has. */

const NUMBERS = new Set<keyof ConfigInput>([
  'port',
  'quietMs',
  'pollMs',
  'maxBodyBytes',
  'maxRows',
  'lanes',
  'waitMs',
]);

export function number(
  input: Record<string, unknown>,
  name: keyof ConfigInput,
  least: number,
  most: number,
): number | null {
  const value = input[name];
  if (value === undefined || value === null) return null;
  const parsed =
    typeof value === 'string' && NUMBERS.has(name) && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof parsed !== 'number' || !Number.isInteger(parsed) || parsed < least || parsed > most) {
    throw invalid(name, value, `a whole number from ${least} to ${most}`);
  }
  return parsed;
}

/** A cron expression, read where schedules are known; `none` is what an environment has for null. */
export function schedule(
  input: Record<string, unknown>,
  name: 'backupSchedule' | 'testRestoreSchedule',
  usual: string,
): string | null {
  if (input[name] === null || input[name] === 'none') return null;
  return text(input, name) ?? usual;
}

/** A relative path is meant from where it is written: the configuration file's folder, or the current one. */
export function path(
  input: Record<string, unknown>,
  name: 'tlsCert' | 'tlsKey' | 'identity',
  fromFile: Record<string, unknown>,
  home: string,
): string | null {
  const value = text(input, name);
  if (value === null) return null;
  return value === fromFile[name] ? resolve(home, value) : resolve(value);
}

/** What each of them may be is decided where age is known. In the environment they stand with commas between. */
export function recipients(input: Record<string, unknown>): string[] {
  const value = input.backupRecipients;
  if (value === undefined || value === null) return [];
  const list = typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value;
  if (Array.isArray(list) && list.every((each) => typeof each === 'string' && each !== '')) return list;
  throw new RowferryError('config-invalid', 'backupRecipients is no list of texts', {
    hint: 'give public keys as age-keygen prints them: ["age1…", "age1…"]',
  });
}

export function mapping(input: Record<string, unknown>): Record<string, string> {
  const value = input.mapping;
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('mapping', value, '{"file name": "table"}');
  const result: Record<string, string> = {};
  for (const [file, table] of Object.entries(value)) {
    if (typeof table !== 'string') throw invalid(`mapping.${file}`, table, 'the name of a table');
    result[file] = table;
  }
  return result;
}

/** What each of them may be is decided where dialects are known. */
export function dialects(input: Record<string, unknown>): Record<string, unknown> {
  const value = input.dialects;
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('dialects', value, '{"table": {"delimiter": ";"}}');
  }
  return { ...value };
}

/** Paths are meant from the folder of the configuration file. */
export function schemas(input: Record<string, unknown>, home: string): Record<string, string> {
  const value = input.schemas;
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('schemas', value, '{"table": "file of its Table Schema"}');
  }
  const result: Record<string, string> = {};
  for (const [table, file] of Object.entries(value)) {
    if (typeof file !== 'string' || file === '')
      throw invalid(`schemas.${table}`, file, 'the path of a file');
    result[table] = resolve(home, file);
  }
  return result;
}
