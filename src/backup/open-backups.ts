import type { Readable } from 'node:stream';
import { checkRecipients } from '../age/header.ts';
import type { Config } from '../config.ts';
import { engineOf } from '../database/open.ts';
import { RowferryError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { BackupInfo, BackupResult, Backups, RestoreRequest, RestoreResult } from './backups.ts';
import { Catalog, infoOf } from './catalog.ts';
import { JobThread } from './job-thread.ts';
import type { Job, JobResults } from './jobs.ts';
import { sweepIfIdle } from './lock.ts';
import { Signer } from './manifest.ts';
import { orNothing } from './nothing-changed.ts';
import { Schedule } from './schedule.ts';

export interface BackupsOptions {
  readonly config: Pick<Config, 'home' | 'databaseUrl' | 'backupSchedule'> &
    Partial<Pick<Config, 'backupRecipients'>>;
  readonly log: Logger;
  /** The key-encryption key; the key that signs backups is derived from it. */
  readonly signingKey: Uint8Array;
}

/**
 * Opens the backups of a home folder and starts their schedule. `config-invalid` for a schedule that is none. Where the
 * engine has no backups yet, those that lie in the folder can be listed and verified, and no schedule is started.
 */
export async function openBackups(options: BackupsOptions): Promise<Backups> {
  const { config, log } = options;
  await checkRecipients(config.backupRecipients ?? []);
  await sweepIfIdle(config.home);
  const { name, capabilities } = await engineOf(config.databaseUrl);
  if (capabilities.snapshots) return new ScheduledBackups(options, null);
  if (config.backupSchedule !== null) log.warn(`no backups are scheduled: ${notYet(name)}`);
  return new ScheduledBackups({ ...options, config: { ...config, backupSchedule: null } }, name);
}

const notYet = (engine: string): string => `backups of ${engine} databases come with a later version`;

class ScheduledBackups implements Backups {
  readonly #home: string;
  readonly #thread: JobThread;
  readonly #log: Logger;
  readonly #catalog: Catalog;
  readonly #schedule: Schedule | null;
  /** Ends when the job before has ended, however. */
  #turn: Promise<unknown> = Promise.resolve();
  #current: Job | null = null;
  readonly #withoutSnapshots: string | null;
  #closed = false;

  /** `withoutSnapshots`: the name of an engine that has none. */
  constructor({ config, log, signingKey }: BackupsOptions, withoutSnapshots: string | null) {
    const { home, databaseUrl, backupSchedule, backupRecipients: recipients = [] } = config;
    this.#home = home;
    this.#thread = new JobThread({ home, databaseUrl, signingKey, recipients });
    this.#log = log;
    this.#withoutSnapshots = withoutSnapshots;
    this.#catalog = new Catalog(home, new Signer(signingKey));
    this.#schedule = backupSchedule === null ? null : this.#startSchedule(backupSchedule);
  }

  async run(tables?: readonly string[]): Promise<readonly BackupResult[]> {
    this.#assertSnapshots();
    const results = await this.#do({ kind: 'run', tables });
    for (const { table, file, rows, bytes } of results) {
      this.#log.info({ table, file, rows, bytes }, 'backed up');
    }
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

  async verify(id: string, fileKey: Uint8Array | null = null): Promise<BackupInfo> {
    const info = infoOf(await this.#do({ kind: 'verify', path: await this.#catalog.path(id), fileKey }));
    const { table, problem } = info;
    if (problem !== null) this.#log.error({ id, table, problem }, 'a backup is not good any more');
    return info;
  }

  async restore({ table, source, dryRun, fileKey = null }: RestoreRequest): Promise<RestoreResult> {
    this.#assertSnapshots();
    const path = 'file' in source ? source.file : await orNothing(() => this.#catalog.path(source.backup));
    const result = await this.#do({ kind: 'restore', table, path, dryRun, fileKey });
    const { rows, replaced, safetyBackup } = result;
    if (!dryRun) this.#log.info({ table, path, rows, replaced, safetyBackup }, 'restored');
    return result;
  }

  nextRun(): Date | null {
    return this.#schedule?.nextRun() ?? null;
  }

  /** A restore that is under way is waited for; a backup is ended, and what it had written is swept away. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#schedule?.stop();
    if (this.#current?.kind === 'restore') await this.#turn;
    await this.#thread.stop();
    await this.#turn;
    await sweepIfIdle(this.#home);
  }

  #assertSnapshots(): void {
    if (this.#withoutSnapshots === null) return;
    throw new RowferryError('database-unsupported', notYet(this.#withoutSnapshots), {
      hint: "until then use the database's own: pg_dump, mysqldump or mariadb-dump",
    });
  }

  /** One job after the other. */
  #do<J extends Job>(job: J): Promise<JobResults[J['kind']]> {
    const result = this.#turn.then(() => this.#start(job));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #start<J extends Job>(job: J): Promise<JobResults[J['kind']]> {
    if (this.#closed) throw new RowferryError('shutting-down', 'the program is stopping');
    this.#current = job;
    try {
      return await this.#thread.run(job);
    } finally {
      this.#current = null;
    }
  }

  #startSchedule(expression: string): Schedule {
    return new Schedule({
      expression,
      lastRun: async () => {
        // A list that cannot be read is no reason to miss a run, which will say what is wrong.
        const [newest] = await this.#catalog.list().catch(() => []);
        return newest === undefined ? null : new Date(newest.snapshotAt);
      },
      run: async () => {
        try {
          await this.run();
        } catch (err) {
          if (!this.#closed) this.#log.error({ err }, 'the scheduled backup failed');
        }
      },
    });
  }
}
