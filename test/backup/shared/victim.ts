/** A process to be killed: says on stdout how far it is, then stands still or goes on. */
import { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Signer } from '../../../src/backup/manifest.ts';
import { openBackups } from '../../../src/backup/open-backups.ts';
import { MANIFEST } from '../../../src/backup/paths.ts';
import { pushRows, readBackup } from '../../../src/backup/read-backup.ts';
import { newRun, writeBackup } from '../../../src/backup/write-backup.ts';
import { engineOf } from '../../../src/database/open.ts';
import type { Snapshot, StoredTable } from '../../../src/database/snapshot.ts';
import { createLog } from '../../../src/log.ts';
import type { RowSink } from '../../../src/model/row-sink.ts';
import { LAST_ONE, openLedger, SIGNING_KEY } from '../fixture.ts';
import { jobsHere } from '../steps.ts';

/** `subject`: the backup to restore, or who can open the one that is made; '' for everybody. */
const [mode = '', home = '', databaseUrl = '', subject = ''] = process.argv.slice(2);
const signer = new Signer(SIGNING_KEY);

function standStill(): void {
  process.stdout.write('still\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** `object` with some members of its own. */
function instead<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get: (_, name) => {
      const found: unknown = Reflect.get(name in members ? members : object, name);
      return typeof found === 'function' ? found.bind(object) : found;
    },
  });
}

function stuckIn(table: StoredTable): StoredTable {
  let row = 0;
  const still = (sink: RowSink): RowSink =>
    instead(sink, {
      endRow: () => {
        if (row++ === table.rows >> 1) standStill();
        return sink.endRow();
      },
    });
  return { ...table, read: (sink) => table.read(still(sink)) };
}

async function backUpHalf(): Promise<void> {
  const engine = await engineOf(databaseUrl);
  const snapshot = await engine.openSnapshot(databaseUrl);
  const table = async (name: string, careful: boolean): Promise<StoredTable> =>
    stuckIn(await snapshot.table(name, careful));
  await writeBackup(instead<Snapshot>(snapshot, { table }), 't', {
    home,
    signer,
    recipients: subject === '' ? [] : [subject],
    database: null,
    run: newRun(),
  });
}

/** Stands still when some rows were handed over (1 or more pieces), or with 0 when all but the COMMIT is done. */
async function restoreUntil(piece: number): Promise<void> {
  const path = join(home, subject);
  const { facts } = await readBackup(path, signer);
  const engine = await engineOf(databaseUrl);
  const replacement = await engine.openReplacement(databaseUrl, 't');
  await replacement.strategy(facts);
  const target = await replacement.clear(facts);
  let pieces = 0;
  const flush = async (): Promise<void> => {
    await target.flush();
    if (++pieces === piece) standStill();
  };
  await pushRows(path, facts, instead(target, { flush }));
  await replacement.finish(facts);
  standStill();
}

async function restoreWhole(): Promise<void> {
  const config = { home, databaseUrl, backupSchedule: null };
  const log = createLog({ destination: { write: () => undefined } });
  const backups = await openBackups({ config, log, signingKey: SIGNING_KEY });
  process.stdout.write('started\n');
  await backups.restore({ table: 't', source: { file: join(home, subject) }, dryRun: false });
  await backups.close();
}

/** A server whose schedule is due each second: stands still when the first file that no rule keeps has lost its name. */
async function pruneHalf(): Promise<void> {
  const { rm } = promises;
  promises.rm = async (path, options) => {
    if (String(path).endsWith(MANIFEST)) standStill();
    return rm(path, options);
  };
  syncBuiltinESMExports();
  await openBackups({
    config: { home, databaseUrl, backupSchedule: '* * * * * *', backupRetention: LAST_ONE },
    log: createLog({ destination: { write: () => undefined } }),
    signingKey: SIGNING_KEY,
    ledger: await openLedger(databaseUrl),
    runJobs: jobsHere,
  });
  setInterval(() => undefined, 1000);
}

const modes: Readonly<Record<string, () => Promise<void>>> = {
  backUpHalf,
  restoreHalf: () => restoreUntil(1),
  restoreApplied: () => restoreUntil(0),
  restoreWhole,
  pruneHalf,
};
await modes[mode]?.();
