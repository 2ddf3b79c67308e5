/** A process to be killed: says on stdout how far it is, then stands still or goes on. */
import { join } from 'node:path';
import { Signer } from '../../src/backup/manifest.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import { pushRows, readBackup } from '../../src/backup/read-backup.ts';
import { newRun, writeBackup } from '../../src/backup/write-backup.ts';
import type { Snapshot } from '../../src/database/snapshot.ts';
import { openSqliteReplacement } from '../../src/database/sqlite/replace.ts';
import { openSqliteSnapshot } from '../../src/database/sqlite/snapshot.ts';
import { createLog } from '../../src/log.ts';
import type { RowSink } from '../../src/model/row-sink.ts';
import { SIGNING_KEY } from './fixture.ts';

const [mode = '', home = '', file = ''] = process.argv.slice(2);
const databaseUrl = `sqlite:${join(home, 'data', 'x.sqlite')}`;
const signer = new Signer(SIGNING_KEY);

function standStill(): void {
  process.stdout.write('half\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** `object` with some methods of its own. */
function instead<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get: (_, name) => {
      const found: unknown = Reflect.get(name in methods ? methods : object, name);
      return typeof found === 'function' ? found.bind(object) : found;
    },
  });
}

/** Stands still in the middle of the rows. */
function stuck(snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    engine: snapshot.engine,
    takenAt: snapshot.takenAt,
    table: async (name, careful) => {
      const table = await snapshot.table(name, careful);
      let row = 0;
      const still = (sink: RowSink): RowSink =>
        instead(sink, {
          endRow: () => {
            if (row++ === table.rows >> 1) standStill();
            return sink.endRow();
          },
        });
      return { ...table, read: (sink) => table.read(still(sink)) };
    },
  };
}

/** `file`: who can open the backup; '' for everybody. */
async function backUpHalf(): Promise<void> {
  await writeBackup(stuck(await openSqliteSnapshot(databaseUrl)), 't', {
    home,
    signer,
    recipients: file === '' ? [] : [file],
    database: null,
    run: newRun(),
  });
}

async function restoreHalf(): Promise<void> {
  const path = join(home, file);
  const { facts } = await readBackup(path, signer);
  const replacement = await openSqliteReplacement(databaseUrl, 't');
  const target = await replacement.clear(facts);
  let batches = 0;
  const flush = async (): Promise<void> => {
    await target.flush();
    if (++batches === 4) standStill();
  };
  await pushRows(path, facts, instead(target, { flush }));
}

async function restoreWhole(): Promise<void> {
  const config = { home, databaseUrl, backupSchedule: null };
  const log = createLog({ destination: { write: () => undefined } });
  const backups = await openBackups({ config, log, signingKey: SIGNING_KEY });
  process.stdout.write('started\n');
  await backups.restore({ table: 't', source: { file: join(home, file) }, dryRun: false });
  await backups.close();
}

const modes: Readonly<Record<string, () => Promise<void>>> = { backUpHalf, restoreHalf, restoreWhole };
await modes[mode]?.();
