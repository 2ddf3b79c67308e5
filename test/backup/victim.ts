/** A process to be killed: says on stdout how far it is, then stands still or goes on. */
import { join } from 'node:path';
import { Signer } from '../../src/backup/manifest.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import { readBackup, readRows } from '../../src/backup/read-backup.ts';
import { newRun, writeBackup } from '../../src/backup/write-backup.ts';
import type { Snapshot } from '../../src/database/snapshot.ts';
import { openSqliteReplacement } from '../../src/database/sqlite/replace.ts';
import { openSqliteSnapshot } from '../../src/database/sqlite/snapshot.ts';
import { createLog } from '../../src/log.ts';
import { SIGNING_KEY } from './fixture.ts';

const [mode = '', home = '', file = ''] = process.argv.slice(2);
const databaseUrl = `sqlite:${join(home, 'data', 'x.sqlite')}`;
const signer = new Signer(SIGNING_KEY);

function standStill(): void {
  process.stdout.write('half\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Stands still in the middle of the rows. */
function stuck(snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    engine: snapshot.engine,
    takenAt: snapshot.takenAt,
    table: (name, careful) => {
      const table = snapshot.table(name, careful);
      return {
        ...table,
        *read() {
          let row = 0;
          for (const values of table.read()) {
            if (row++ === table.rows >> 1) standStill();
            yield values;
          }
        },
      };
    },
  };
}

async function backUpHalf(): Promise<void> {
  await writeBackup(stuck(openSqliteSnapshot(databaseUrl)), 't', { home, signer, run: newRun() });
}

async function restoreHalf(): Promise<void> {
  const path = join(home, file);
  const { facts } = await readBackup(path, signer);
  const replacement = openSqliteReplacement(databaseUrl, 't');
  replacement.clear(facts);
  let batches = 0;
  for await (const values of readRows(path, facts, 100)) {
    replacement.insert(values);
    if (++batches === 40) standStill();
  }
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
