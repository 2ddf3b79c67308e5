import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { App } from '../../src/cli/app.ts';
import { Ui } from '../../src/cli/ui.ts';
import { RowferryError } from '../../src/errors.ts';

interface Rig {
  readonly app: App;
  said: string;
}

function rigged(): Rig {
  const stderr = new Writable({
    decodeStrings: false,
    write: (text, _encoding, done) => {
      rig.said += text;
      done();
    },
  });
  const streams = { stdout: stderr, stderr };
  const rig: Rig = { app: new App(new Ui(streams), streams), said: '' };
  return rig;
}

/** What a command that fails says, and its exit code. */
async function failing(work: () => Promise<never>): Promise<readonly [string, number]> {
  const rig = rigged();
  await rig.app.run(work);
  return [rig.said, rig.app.exitCode];
}

test('where closing fails too, the first failure is told', async () => {
  const wrong = new RowferryError('usage', 'no such file', { hint: 'mend it' });
  const fails = async (): Promise<never> => {
    await using closers = new AsyncDisposableStack();
    for (const place of ['server', 'folder']) {
      closers.defer(async () => {
        throw new Error(`the ${place} does not close`);
      });
    }
    throw wrong;
  };
  assert.deepEqual(await failing(fails), ['rowferry: no such file\n  mend it\n', 2]);
});

test('no room, as the operating system says it, is disk-full with what to do', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
  const said = 'rowferry: no room left on the disk\n  free some space, then type the same again\n';
  assert.deepEqual(await failing(() => Promise.reject(full)), [said, 1]);
});

test('what nobody answers is said before it is asked again', () => {
  const rig = rigged();
  rig.app.onPause(new RowferryError('unreachable', 'no answer from http://127.0.0.1:1'), 150);
  rig.app.onPause(new RowferryError('overloaded', 'busy'), 30_000);
  assert.equal(
    rig.said,
    'rowferry: no answer from http://127.0.0.1:1; is asked again for some seconds\nrowferry: busy; once more in 30 s\n',
  );
});
