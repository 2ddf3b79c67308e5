import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spool, spoolFolder, sweepSpool } from '../../src/inputs/spool.ts';
import { leftIn, makeFolder } from './packed.ts';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test('what was made for the spool goes with it; what others put there stays', async (t) => {
  const home = makeFolder(t);
  {
    await using spool = new Spool(home);
    const { bytes } = await spool.write(chunks('ab', '', 'c'));
    assert.equal(bytes, 3);
    assert.equal(leftIn(home).length, 2);
  }
  assert.deepEqual(readdirSync(home), []);
  {
    await using spool = new Spool(home);
    await spool.write(chunks('ab'));
    writeFileSync(join(home, 'data', 'work', 'mine'), '');
  }
  assert.deepEqual(leftIn(home), ['mine']);
});

/** Writes to the spool and waits: `kill` is for the test, `exit` ends it past every finally. */
const PROGRAM = `
  const { Spool } = await import(${JSON.stringify(new URL('../../src/inputs/spool.ts', import.meta.url).href)});
  const spool = new Spool(process.argv[1]);
  await spool.write((async function* () {
    yield Buffer.from('half of it');
    if (process.argv[2] === 'exit') process.exit(130);
    console.log('half');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  })());
`;

const runProgram = (home: string, end: string) =>
  spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, home, end], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

test('killed while it is written: the next start sweeps it, and nothing of the living', async (t) => {
  const home = makeFolder(t);
  await using spool = new Spool(home);
  await spool.write(chunks('mine'));
  const [mine] = readdirSync(spoolFolder(home));
  const killed = runProgram(home, 'kill');
  await once(killed.stdout, 'data');
  await sweepSpool(home);
  assert.equal(readdirSync(spoolFolder(home)).length, 2);
  killed.kill('SIGKILL');
  await once(killed, 'close');
  assert.equal(readdirSync(spoolFolder(home)).length, 2);
  await sweepSpool(home);
  assert.deepEqual(readdirSync(spoolFolder(home)), [mine]);
});

test('a process that ends at once takes its files along', async (t) => {
  const home = makeFolder(t);
  const ended = runProgram(home, 'exit');
  assert.deepEqual(await once(ended, 'close'), [130, null]);
  assert.deepEqual(readdirSync(spoolFolder(home)), []);
});

test('swept: of another host when it is older than a day, of this number from before this process; else kept', async (t) => {
  const home = makeFolder(t);
  const folder = spoolFolder(home);
  mkdirSync(folder, { recursive: true });
  await using spool = new Spool(home);
  const { path } = await spool.write(chunks('x'));
  const host = path.slice(folder.length + 1).split('-')[0];
  const ulid = '01KAP5XQ4R7Y8Z9A0B1C2D3E4F';
  const make = (name: string, ageMs: number) => {
    writeFileSync(join(folder, name), '');
    utimesSync(join(folder, name), new Date(Date.now() - ageMs), new Date(Date.now() - ageMs));
  };
  make(`0badcafe-1-${ulid}.spool`, 90_000_000);
  make(`0badcaff-1-${ulid}.spool`, 80_000_000);
  make(`${host}-${process.pid}-${ulid}.spool`, 3_600_000);
  make('notes.txt', 90_000_000);
  await sweepSpool(home);
  assert.deepEqual(
    readdirSync(folder).sort(),
    [path.slice(folder.length + 1), `0badcaff-1-${ulid}.spool`, 'notes.txt'].sort(),
  );
  await sweepSpool(join(home, 'nowhere'));
});

test('a full disk is told, and nothing is left', async (t) => {
  const home = makeFolder(t);
  await using spool = new Spool(home);
  const failing = (async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('ab');
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  })();
  await assert.rejects(spool.write(failing), { code: 'disk-full', message: /no room is left in .*spool/ });
  assert.deepEqual(leftIn(home), ['spool']);
});
