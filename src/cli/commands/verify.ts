import { type Command, Option } from 'commander';
import type { BackupInfo, Rowferry } from '../../client/client.ts';
import { fileKeyOfBackup } from '../../client/file-key.ts';
import { type ErrorCode, RowferryError } from '../../errors.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, withServer } from '../flags.ts';
import { count, plural } from '../format.ts';
import { type IdentityFlags, identitiesOf, withIdentity } from '../identity.ts';
import { watchJob } from '../job-progress.ts';
import { connect } from '../local-server.ts';
import { errorDocument } from '../ui.ts';

interface VerifyFlags extends IdentityFlags {
  readonly level?: '0' | '1' | '2' | '3';
}

export function registerVerify(program: Command, app: App): void {
  const command = program
    .command('verify')
    .summary('read backups back whole')
    .description(
      'Read backups back whole: checksum, rows, digest. Without ids every backup. Exit code 1 when one is bad, or could not be ' +
        'opened: the others are read all the same.',
    )
    .argument('[backup...]', 'ids of backups')
    .addOption(
      new Option(
        '--level <number>',
        '0: the file is there, 1: its SHA-256, 2: it is decoded, 3: it is restored into a scratch table (default: 2)',
      ).choices(['0', '1', '2', '3']),
    )
    .addHelpText(
      'after',
      examples(
        ['rowferry verify', 'every backup'],
        ['rowferry verify ID --level 3', 'one of them, restored into a scratch table'],
      ),
    );
  withIdentity(withServer(command)).action((named: string[], { level, identity }: VerifyFlags) =>
    app.run(async () => {
      const { ui } = app;
      const config = app.config(command, identity === undefined ? {} : { identity });
      const identities = identitiesOf(config);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const { client } = connected;
      const backups = await client.backups();
      const ids = named.length > 0 ? named : backups.map(({ id }) => id);
      const verifier = new Verifier(app, client, identities, level);
      for (const id of ids) {
        await verifier.verify(
          id,
          backups.find((each) => each.id === id),
        );
      }
      if (ids.length === 0) ui.line('there are no backups yet: rowferry backup');
      return verifier.end();
    }),
  );
}

/** What is said of one backup and is no reason to leave the others out. */
const OF_ONE: ReadonlySet<ErrorCode> = new Set(['backup-no-key', 'backup-not-found']);

class Verifier {
  readonly #app: App;
  readonly #client: Rowferry;
  readonly #identities: readonly string[];
  readonly #level: VerifyFlags['level'];
  #bad = 0;
  readonly #unopened: string[] = [];
  #missing = 0;

  constructor(app: App, client: Rowferry, identities: readonly string[], level: VerifyFlags['level']) {
    this.#app = app;
    this.#client = client;
    this.#identities = identities;
    this.#level = level;
  }

  async verify(id: string, listed: BackupInfo | undefined): Promise<void> {
    try {
      await this.#verify(id, listed);
    } catch (error) {
      if (!(error instanceof RowferryError) || !OF_ONE.has(error.code)) throw error;
      if (error.code === 'backup-no-key') this.#unopened.push(id);
      else this.#missing += 1;
      this.#app.ui.data({ id, table: listed?.table ?? null, state: 'failed', error: errorDocument(error) });
      this.#app.ui.explain(error, id);
      this.#app.keepInLog(error);
    }
  }

  /** What was not as it should be, and what to type. */
  end(): ExitCode {
    const { ui } = this.#app;
    const unopened = this.#unopened.length;
    if (unopened > 0) {
      const typed = `rowferry verify ${this.#unopened.map(oneLine).join(' ')} --identity FILE`;
      ui.line(`\n${plural(unopened, 'backup')} could not be opened, for want of a key: ${typed}`);
    }
    if (this.#bad > 0) ui.line('\nnext: rowferry backup');
    return this.#bad + unopened + this.#missing > 0 ? 1 : 0;
  }

  async #verify(id: string, listed: BackupInfo | undefined): Promise<void> {
    const { ui } = this.#app;
    const level = this.#level;
    const asked = Number(level ?? 2);
    // Neither the length nor the SHA-256 of an encrypted one needs its key.
    const fileKey =
      listed === undefined || asked < 2 ? null : await fileKeyOfBackup(listed, this.#identities);
    const options = { fileKey, ...(level === undefined ? {} : { level }) };
    const backup = await watchJob(ui, (watch) => this.#client.verify(id, { ...options, ...watch }));
    const proven = backup.encryption !== null && fileKey === null ? Math.min(asked, 1) : asked;
    ui.data({ ...backup, level: proven });
    if (backup.state === 'corrupt') this.#bad += 1;
    const mark = backup.state === 'verified' ? ui.good('✓') : ui.bad('✗');
    ui.line(
      `${mark} ${oneLine(backup.id)} ${oneLine(backup.table)}: ${backup.state}, ${count(backup.rows)} rows`,
    );
    if (backup.problem !== null) ui.line(`  ${oneLine(backup.problem)}`);
    if (proven < asked) {
      const typed = `rowferry verify ${oneLine(id)} --identity FILE`;
      ui.line(`  its SHA-256 alone: it is encrypted. To decode it: ${typed}`);
    }
  }
}
