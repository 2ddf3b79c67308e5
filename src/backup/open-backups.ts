import type { Readable } from 'node:stream';
import { checkRecipients } from '../age/header.ts';
import type { RetentionRules } from '../config/retention.ts';
import type { Config } from '../config.ts';
import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { databaseIdOf, lastRunOf, type ScheduledRun } from '../ledger/schedules.ts';
import type { Logger } from '../log.ts';
import { type AvroOptions, USUAL_AVRO } from '../model/avro-options.ts';
import type {
  Asker,
  BackupInfo,
  BackupJob,
  BackupResult,
  Backups,
  Pruned,
  RestoreRequest,
  RestoreResult,
  VerifyLevel,
} from './backups.ts';
import { Catalog, infoOf } from './catalog.ts';
import { JobLine, type JobRunner } from './job-line.ts';
import { JobThread } from './job-thread.ts';
import type { JobPlace } from './jobs.ts';
import { sweepIfIdle } from './lock.ts';
import { Signer } from './manifest.ts';
import { orNothing } from './nothing-changed.ts';
import type { Clock } from './schedule.ts';
import { BACKUP, Schedules } from './schedules.ts';
import { toTestRestore } from './test-restore.ts';

export interface BackupsOptions {
  readonly config: Pick<Config, 'home' | 'databaseUrl' | 'backupSchedule'> &
    Partial<
      Pick<
        Config,
        'backupRecipients' | 'backupCodec' | 'backupProfile' | 'backupRetention' | 'testRestoreSchedule'
      >
    >;
  readonly log: Logger;
  /** The key-encryption key; the key that signs backups is derived from it. */
  readonly signingKey: Uint8Array;
  /**
   * A connection to the database, whose ledger holds its id and the runs of the schedule; closed with the backups.
   * Without it nothing is scheduled, and retention leaves alone what is backed up.
   */
  readonly ledger?: Connection;
  /** For tests: another clock, and jobs in the thread that has it. */
  readonly clock?: Clock;
  readonly runJobs?: (place: JobPlace) => JobRunner;
}

/**
 * Opens the backups of a home folder and starts their schedule. `config-invalid` for a schedule that is none.
 */
export async function openBackups(options: BackupsOptions): Promise<Backups> {
  try {
    return await open(options);
  } catch (error) {
    await options.ledger?.close();
    throw error;
  }
}

async function open(options: BackupsOptions): Promise<Backups> {
  const { config, log } = options;
  await checkRecipients(config.backupRecipients ?? []);
  if (config.backupRecipients?.length === 1) {
    log.warn(
      'backups are encrypted for one recipient: when its identity is lost, so are they (rowferry doctor)',
    );
  }
  await sweepIfIdle(config.home);
  const database = options.ledger === undefined ? null : await databaseIdOf(options.ledger);
  const backups = new ScheduledBackups(options, database);
  await backups.start(options);
  return backups;
}

class ScheduledBackups implements Backups {
  readonly #home: string;
  readonly #jobs: JobLine;
  readonly #log: Logger;
  readonly #catalog: Catalog;
  readonly #ledger: Connection | undefined;
  readonly #retention: RetentionRules | null;
  readonly #database: string | null;
  #schedules: Schedules | null = null;
  #closed = false;

  constructor({ config, log, signingKey, ledger, runJobs }: BackupsOptions, database: string | null) {
    const { home, databaseUrl, backupRecipients: recipients = [] } = config;
    const { backupCodec: codec = USUAL_AVRO.codec, backupProfile: profile = USUAL_AVRO.profile } = config;
    this.#home = home;
    const place: JobPlace = { home, databaseUrl, signingKey, recipients, database, avro: { codec, profile } };
    this.#jobs = new JobLine(runJobs?.(place) ?? new JobThread(place));
    this.#log = log;
    this.#catalog = new Catalog(home, new Signer(signingKey));
    this.#ledger = ledger;
    this.#retention = config.backupRetention ?? null;
    this.#database = database;
  }

  /** `config-invalid` for a schedule that is none. */
  async start({ config, ledger, log, clock }: BackupsOptions): Promise<void> {
    if (ledger === undefined) return;
    this.#schedules = await Schedules.start({
      config,
      ledger,
      log,
      ...(clock === undefined ? {} : { clock }),
      backUp: async () => {
        await this.run();
      },
      testRestore: () => this.#testRestore(),
    });
  }

  async run(
    tables?: readonly string[],
    asker?: Asker,
    avro: Partial<AvroOptions> = {},
  ): Promise<readonly BackupResult[]> {
    const results = await this.#jobs.do({ kind: 'run', tables, avro }, asker ?? null);
    for (const { table, file, rows, bytes } of results) {
      this.#log.info({ table, file, rows, bytes }, 'backed up');
    }
    await this.#pruneAfter(results);
    return results;
  }

  list(filter?: { table?: string }): Promise<readonly BackupInfo[]> {
    return this.#catalog.list(filter);
  }

  find(id: string): Promise<BackupInfo> {
    return this.#catalog.find(id);
  }

  content(id: string, offset?: number): Promise<{ info: BackupInfo; stream: Readable }> {
    return this.#catalog.content(id, offset);
  }

  async verify(
    id: string,
    fileKey: Uint8Array | null = null,
    level: VerifyLevel = 2,
    asker: Asker | null = null,
  ): Promise<BackupInfo> {
    const path = await this.#catalog.path(id);
    const info = infoOf(await this.#jobs.do({ kind: 'verify', path, fileKey, level }, asker));
    const { table, problem } = info;
    if (problem !== null) this.#log.error({ id, table, problem }, 'a backup is not good any more');
    return info;
  }

  async restore({
    table,
    source,
    dryRun,
    convert = false,
    fileKey = null,
    asker = null,
  }: RestoreRequest): Promise<RestoreResult> {
    const path = 'file' in source ? source.file : await orNothing(() => this.#catalog.path(source.backup));
    const job = { kind: 'restore', table, path, dryRun, convert, fileKey } as const;
    const result = await this.#jobs.do(job, asker);
    const { rows, replaced, safetyBackup } = result;
    if (!dryRun) this.#log.info({ table, path, rows, replaced, safetyBackup }, 'restored');
    return result;
  }

  async prune(
    tables: readonly string[] | null,
    dryRun: boolean,
    beforehand: (going: readonly BackupInfo[]) => Promise<void> = async () => undefined,
  ): Promise<readonly Pruned[]> {
    const rules = this.#retention;
    if (rules === null) {
      throw new RowferryError('config-invalid', 'all backups are kept: backupRetention is null', {
        hint: 'say what is to be kept in rowferry.config.json, such as "backupRetention": {"keepLast": 3, "daily": 7}',
      });
    }
    const job = { kind: 'prune', rules, tables, database: null, proven: [] } as const;
    const foreseen = await this.#jobs.do({ ...job, only: null, dryRun: true }, null);
    const going = foreseen.filter(({ keep }) => !keep).map(({ backup }) => backup);
    if (dryRun || going.length === 0) return foreseen;
    await beforehand(going);
    const judged = await this.#jobs.do({ ...job, only: going.map(({ id }) => id), dryRun: false }, null);
    this.#tellDeleted(judged);
    return judged;
  }

  async hold(id: string, held: boolean): Promise<BackupInfo> {
    const path = await orNothing(() => this.#catalog.path(id));
    return infoOf(await this.#jobs.do({ kind: 'hold', path, held }, null));
  }

  jobs(): readonly BackupJob[] {
    return this.#jobs.jobs();
  }

  stopJob(asker: Asker): boolean {
    return this.#jobs.stopJob(asker);
  }

  nextRun(): Date | null {
    return this.#schedules?.nextRun() ?? null;
  }

  async lastRun(): Promise<ScheduledRun | null> {
    return this.#ledger === undefined ? null : lastRunOf(this.#ledger, BACKUP);
  }

  /** A restore that is under way is waited for; a backup is ended, and what it had written is swept away. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#schedules?.stop();
    await this.#jobs.close();
    await this.#schedules?.ended();
    await this.#ledger?.close();
    await sweepIfIdle(this.#home);
  }

  /** The tables of a run that succeeded whole; what was backed up is good, whatever becomes of what is old. */
  async #pruneAfter(results: readonly BackupResult[]): Promise<void> {
    const [rules, database] = [this.#retention, this.#database];
    if (rules === null || database === null) return;
    const tables = results.map(({ table }) => table);
    const proven = results.map(({ id }) => id);
    try {
      const job = { kind: 'prune', rules, tables, database, proven, only: null, dryRun: false } as const;
      this.#tellDeleted(await this.#jobs.do(job, null));
    } catch (err) {
      if (!this.#closed) this.#log.error({ err }, 'the backups that no rule keeps could not be deleted');
    }
  }

  #tellDeleted(judged: readonly Pruned[]): void {
    for (const { backup, keep, reasons } of judged) {
      const { id, table, bytes } = backup;
      if (!keep) this.#log.info({ id, table, bytes, reasons }, 'backup deleted');
    }
  }

  /** The first that cannot be tried ends it. */
  async #testRestore(): Promise<void> {
    for (const id of toTestRestore(await this.#catalog.list(), this.#database)) {
      await this.verify(id, null, 3);
    }
  }
}
