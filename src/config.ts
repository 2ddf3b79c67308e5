import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONFIG_FILE, readConfigFile } from './config/file.ts';
import { type RetentionRules, retention } from './config/retention.ts';
import { dialects, mapping, number, path, recipients, schedule, schemas } from './config/settings.ts';
import { oneOf, text } from './lib/setting.ts';
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

/** What flags and the config file may set; undefined means not said. */
export type ConfigInput = {
  readonly [K in keyof Omit<Config, 'databaseIsDefault' | 'file' | 'backupRetention'>]?:
    | Config[K]
    | undefined;
} & { readonly backupRetention?: unknown };

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
