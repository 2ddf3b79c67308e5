import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { RowferryError } from './errors.ts';
import { invalid, oneOf, text } from './lib/setting.ts';
import { CODECS, type Codec, PROFILES, type Profile, USUAL_AVRO } from './model/avro-options.ts';

/** flags > environment > file > defaults, as one frozen object. The only reader of process.env. */
export interface Config {
  /** Folder of data/, backups/ and log.txt. Absolute. */
  readonly home: string;
  readonly databaseUrl: string;
  /** Nothing was configured: the embedded SQLite file under data/. */
  readonly databaseIsDefault: boolean;
  readonly host: string;
  readonly port: number;
  /** Files in PEM of the server's certificate and its key; both null: plain HTTP. Absolute. */
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly key: string | null;
  readonly server: string | null;
  /** Key-encryption key, base64 of 32 bytes; null: the file rowferry.key in home, made when missing. */
  readonly keyEncryptionKey: string | null;
  readonly completion: 'stable' | 'rename';
  /** How long a file in incoming must stand still. Milliseconds. */
  readonly quietMs: number;
  readonly pollMs: number;
  /** Cron expression of the backups, in local time; null: none. */
  readonly backupSchedule: string | null;
  /** Public keys of age that backups are encrypted for; none: they are not. */
  readonly backupRecipients: readonly string[];
  /** How the files of backups are written, where a request does not say. */
  readonly backupCodec: Codec;
  readonly backupProfile: Profile;
  /** File of the identity of age that opens encrypted backups, where a command needs it. Absolute. */
  readonly identity: string | null;
  /** Which backups are kept; null: all. */
  readonly backupRetention: RetentionRules | null;
  /** Cron expression of the test restores, in local time; null: none. */
  readonly testRestoreSchedule: string | null;
  /** File name (or glob with *) → table. */
  readonly mapping: Readonly<Record<string, string>>;
  /** Table → how its files are written: a dialect or a descriptor of one. */
  readonly dialects: Readonly<Record<string, unknown>>;
  /** How far a compressed file may expand: bytes, and times its own size. */
  readonly maxExpandedBytes: number;
  readonly maxExpansion: number;
  /** Table → file of the Table Schema for what is loaded into it. Absolute. */
  readonly schemas: Readonly<Record<string, string>>;
  readonly maxBodyBytes: number;
  readonly maxRows: number;
  readonly lanes: number;
  /**
   * So long after rows came into a table its children's rejects are tried again that only wanted for a parent.
   * Milliseconds; null: they are not.
   */
  readonly retryOrphansAfterMs: number | null;
  /** How long a database or a server that is away is waited for. Milliseconds. */
  readonly waitMs: number;
  readonly file: string | null;
}

/** Which backups of a table are kept: those that any of these keeps (docs/backups.md). */
export interface RetentionRules {
  /** The newest so many. */
  readonly keepLast: number;
  /** The newest of each of the last so many days that have one; and so on. */
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  /** Those that are at most so much older than the newest. Milliseconds. */
  readonly keepWithinMs: number;
}

/** What flags and the config file may set; undefined means not said. */
export type ConfigInput = {
  readonly [K in keyof Omit<Config, 'databaseIsDefault' | 'file' | 'backupRetention'>]?:
    | Config[K]
    | undefined;
} & { readonly backupRetention?: unknown };

export const CONFIG_FILE = 'rowferry.config.json';

const ENVIRONMENT: Readonly<Record<string, keyof ConfigInput>> = {
  ROWFERRY_DATABASE_URL: 'databaseUrl',
  ROWFERRY_HOME: 'home',
  ROWFERRY_HOST: 'host',
  ROWFERRY_PORT: 'port',
  ROWFERRY_TLS_CERT: 'tlsCert',
  ROWFERRY_TLS_KEY: 'tlsKey',
  ROWFERRY_KEY: 'key',
  ROWFERRY_SERVER: 'server',
  ROWFERRY_KEY_ENCRYPTION_KEY: 'keyEncryptionKey',
  ROWFERRY_BACKUP_RECIPIENTS: 'backupRecipients',
  ROWFERRY_BACKUP_CODEC: 'backupCodec',
  ROWFERRY_BACKUP_PROFILE: 'backupProfile',
  ROWFERRY_IDENTITY: 'identity',
  ROWFERRY_BACKUP_RETENTION: 'backupRetention',
  ROWFERRY_BACKUP_SCHEDULE: 'backupSchedule',
  ROWFERRY_TEST_RESTORE_SCHEDULE: 'testRestoreSchedule',
};

const NUMBERS = new Set<keyof ConfigInput>([
  'port',
  'quietMs',
  'pollMs',
  'maxBodyBytes',
  'maxRows',
  'lanes',
  'waitMs',
]);

/** Throws `config-invalid` naming the place, what stood there and what is expected. */
export function loadConfig(
  flags: ConfigInput = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const fromEnvironment: Record<string, unknown> = {};
  for (const [variable, name] of Object.entries(ENVIRONMENT)) {
    const value = environment[variable];
    if (value !== undefined && value !== '') fromEnvironment[name] = value;
  }
  const home = resolve(String(flags.home ?? fromEnvironment.home ?? '.'));
  const file = join(home, CONFIG_FILE);
  const fromFile = existsSync(file) ? readConfigFile(file) : {};
  const merged: Record<string, unknown> = { ...fromFile, ...fromEnvironment };
  for (const [name, value] of Object.entries(flags)) if (value !== undefined) merged[name] = value;
  const config: Config = {
    home,
    databaseUrl: text(merged, 'databaseUrl') ?? `sqlite:${join(home, 'data', 'rowferry.sqlite')}`,
    databaseIsDefault: merged.databaseUrl === undefined,
    host: text(merged, 'host') ?? '127.0.0.1',
    port: number(merged, 'port', 0, 65_535) ?? 5000,
    tlsCert: path(merged, 'tlsCert', fromFile, home),
    tlsKey: path(merged, 'tlsKey', fromFile, home),
    key: text(merged, 'key'),
    server: text(merged, 'server'),
    keyEncryptionKey: text(merged, 'keyEncryptionKey'),
    completion: oneOf(merged, 'completion', ['stable', 'rename']) ?? 'stable',
    quietMs: number(merged, 'quietMs', 0, 3_600_000) ?? 2000,
    pollMs: number(merged, 'pollMs', 10, 60_000) ?? 500,
    backupRecipients: Object.freeze(recipients(merged)),
    backupCodec: oneOf(merged, 'backupCodec', CODECS) ?? USUAL_AVRO.codec,
    backupProfile: oneOf(merged, 'backupProfile', PROFILES) ?? USUAL_AVRO.profile,
    identity: path(merged, 'identity', fromFile, home),
    backupSchedule: schedule(merged, 'backupSchedule', '0 3 * * *'),
    backupRetention: retention(merged),
    testRestoreSchedule: schedule(merged, 'testRestoreSchedule', '0 5 * * 0'),
    mapping: Object.freeze(mapping(merged)),
    dialects: Object.freeze(dialects(merged)),
    maxExpandedBytes: number(merged, 'maxExpandedBytes', 1, Number.MAX_SAFE_INTEGER) ?? 64 * 2 ** 30,
    maxExpansion: number(merged, 'maxExpansion', 1, 1_000_000_000) ?? 250,
    schemas: Object.freeze(schemas(merged, home)),
    maxBodyBytes: number(merged, 'maxBodyBytes', 1024, 1 << 30) ?? 16 * 1024 * 1024,
    maxRows: number(merged, 'maxRows', 1, 10_000_000) ?? 100_000,
    lanes: number(merged, 'lanes', 1, 64) ?? 2,
    retryOrphansAfterMs:
      merged.retryOrphansAfterMs === null
        ? null
        : (number(merged, 'retryOrphansAfterMs', 0, 86_400_000) ?? 2000),
    waitMs: number(merged, 'waitMs', 0, 604_800_000) ?? 600_000,
    file: existsSync(file) ? file : null,
  };
  return Object.freeze(config);
}

function readConfigFile(file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new RowferryError(
      'config-invalid',
      `${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: 'mend the file, or move it away and run: rowferry init',
        cause,
      },
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RowferryError('config-invalid', `${file} holds no object`, { hint: 'run: rowferry init' });
  }
  for (const name of Object.keys(parsed)) {
    if (!KNOWN.has(name)) {
      throw new RowferryError('config-invalid', `${file}: unknown setting "${name}"`, {
        hint: `known settings: ${[...KNOWN].join(', ')}`,
      });
    }
  }
  return parsed as Record<string, unknown>;
}

const KNOWN = new Set<string>([
  'databaseUrl',
  'host',
  'port',
  'tlsCert',
  'tlsKey',
  'key',
  'server',
  'keyEncryptionKey',
  'completion',
  'quietMs',
  'pollMs',
  'backupSchedule',
  'backupRecipients',
  'backupCodec',
  'backupProfile',
  'backupRetention',
  'testRestoreSchedule',
  'mapping',
  'dialects',
  'schemas',
  'maxExpandedBytes',
  'maxExpansion',
  'maxBodyBytes',
  'maxRows',
  'lanes',
  'retryOrphansAfterMs',
  'waitMs',
]);

/** A cron expression, read where schedules are known; `none` is what an environment has for null. */
function schedule(
  input: Record<string, unknown>,
  name: 'backupSchedule' | 'testRestoreSchedule',
  usual: string,
): string | null {
  if (input[name] === null || input[name] === 'none') return null;
  return text(input, name) ?? usual;
}

/** A relative path is meant from where it is written: the configuration file's folder, or the current one. */
function path(
  input: Record<string, unknown>,
  name: 'tlsCert' | 'tlsKey' | 'identity',
  fromFile: Record<string, unknown>,
  home: string,
): string | null {
  const value = text(input, name);
  if (value === null) return null;
  return value === fromFile[name] ? resolve(home, value) : resolve(value);
}

function number(
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

const DAY_MS = 86_400_000;
const DEFAULT_RETENTION: RetentionRules = Object.freeze({
  keepLast: 3,
  daily: 7,
  weekly: 4,
  monthly: 12,
  yearly: 0,
  keepWithinMs: 2 * DAY_MS,
});
const COUNTED = ['keepLast', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const RETENTION_FORM =
  '{"keepLast": 3, "daily": 7, "keepWithin": "2d"} with one rule at least, or null to keep all';

/** What is not said keeps nothing. Rules that would keep nothing at all are taken for a mistake. */
function retention(input: Record<string, unknown>): RetentionRules | null {
  const given = input.backupRetention;
  if (given === undefined) return DEFAULT_RETENTION;
  const value: unknown = typeof given === 'string' ? parsed(given) : given;
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('backupRetention', given, RETENTION_FORM);
  const { keepWithin, ...counts }: Record<string, unknown> = { ...value };
  const [stranger] = Object.keys(counts).filter((name) => !COUNTED.some((each) => each === name));
  if (stranger !== undefined)
    throw invalid('backupRetention', given, `${RETENTION_FORM}, without "${stranger}"`);
  const times = (name: (typeof COUNTED)[number]) => timesKept(name, counts[name]);
  const rules: RetentionRules = {
    keepLast: times('keepLast'),
    daily: times('daily'),
    weekly: times('weekly'),
    monthly: times('monthly'),
    yearly: times('yearly'),
    keepWithinMs: timeKept(keepWithin),
  };
  if (Object.values(rules).every((each) => each === 0))
    throw invalid('backupRetention', given, RETENTION_FORM);
  return Object.freeze(rules);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function timesKept(name: string, value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100_000) return value;
  throw invalid(`backupRetention.${name}`, value, 'a whole number from 0 to 100000');
}

/** 36h, 14d, 8w. */
function timeKept(value: unknown): number {
  if (value === undefined) return 0;
  const [, digits, unit] = /^(\d{1,5})([hdw])$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (digits === undefined) {
    throw invalid('backupRetention.keepWithin', value, 'hours, days or weeks such as "36h", "14d" or "8w"');
  }
  const unitMs = unit === 'h' ? DAY_MS / 24 : unit === 'd' ? DAY_MS : 7 * DAY_MS;
  return Number(digits) * unitMs;
}

/** What each of them may be is decided where age is known. In the environment they stand with commas between. */
function recipients(input: Record<string, unknown>): string[] {
  const value = input.backupRecipients;
  if (value === undefined || value === null) return [];
  const list = typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value;
  if (Array.isArray(list) && list.every((each) => typeof each === 'string' && each !== '')) return list;
  throw new RowferryError('config-invalid', 'backupRecipients is no list of texts', {
    hint: 'give public keys as age-keygen prints them: ["age1…", "age1…"]',
  });
}

function mapping(input: Record<string, unknown>): Record<string, string> {
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
function dialects(input: Record<string, unknown>): Record<string, unknown> {
  const value = input.dialects;
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('dialects', value, '{"table": {"delimiter": ";"}}');
  }
  return { ...value };
}

/** Paths are meant from the folder of the configuration file. */
function schemas(input: Record<string, unknown>, home: string): Record<string, string> {
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

/**
 * What is compiled of the program, in its threads too, is kept in a folder for the next start. Nothing is kept where the
 * folder cannot be written, or where the environment names another.
 */
export function keepCompiled(folder: string): void {
  if (enableCompileCache(folder).directory !== undefined) process.env.NODE_COMPILE_CACHE ??= folder;
}
