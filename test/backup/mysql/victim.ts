/** A process to be killed: says on stdout how far it is, then stands still. */
import { join } from 'node:path';
import { Signer } from '../../../src/backup/manifest.ts';
import { pushRows, readBackup } from '../../../src/backup/read-backup.ts';
import { newRun, writeBackup } from '../../../src/backup/write-backup.ts';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import type { RowReader, RowTarget, Snapshot } from '../../../src/database/snapshot.ts';
import { SIGNING_KEY } from '../fixture.ts';

const [mode = '', home = '', databaseUrl = '', file = ''] = process.argv.slice(2);
const signer = new Signer(SIGNING_KEY);

function standStill(): void {
  process.stdout.write('half\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Stands still when the first block is full. */
const stuck = (read: RowReader): RowReader =>
  async function* (sink) {
    for await (const _ of read(sink)) {
      standStill();
      yield;
    }
  };

async function backUpHalf(): Promise<void> {
  const snapshot = await mysqlEngine.openSnapshot(databaseUrl);
  const table: Snapshot['table'] = async (name, careful) => {
    const found = await snapshot.table(name, careful);
    return { ...found, read: stuck(found.read) };
  };
  const half = new Proxy(snapshot, { get: (of, name) => (name === 'table' ? table : Reflect.get(of, name)) });
  await writeBackup(half, 't', { home, signer, recipients: [], database: null, run: newRun() });
}

async function restoreHalf(): Promise<void> {
  const path = join(home, file);
  const { facts } = await readBackup(path, signer);
  const replacement = await mysqlEngine.openReplacement(databaseUrl, 't');
  const target = await replacement.clear(facts);
  const flush: RowTarget['flush'] = async () => {
    await target.flush();
    standStill();
  };
  const half = new Proxy(target, {
    get: (of, name) => {
      const found = name === 'flush' ? flush : Reflect.get(of, name);
      return typeof found === 'function' ? found.bind(of) : found;
    },
  });
  await pushRows(path, facts, half);
}

const modes: Readonly<Record<string, () => Promise<void>>> = { backUpHalf, restoreHalf };
await modes[mode]?.();
