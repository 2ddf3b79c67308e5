import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { App } from '../../src/cli/app.ts';
import { serviceOutput } from '../../src/cli/service-output.ts';
import { Ui } from '../../src/cli/ui.ts';
import { loadConfig } from '../../src/config.ts';
import { RowferryError } from '../../src/errors.ts';
import { makeHome } from './command.ts';

test('a warning says why, on one line; what is no warning is not said', async () => {
  await using home = await makeHome();
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const { log } = serviceOutput(new App(new Ui(streams), streams), loadConfig({ home: home.path }), 'text');
  log.info({ detail: 'who is asking' }, 'it goes well');
  log.warn({ code: 'database-busy', detail: 'deadlock\nfound', failed: 1 }, 'a transaction is run again');
  log.error({ err: new Error('it was lost'), code: 'database-unavailable' }, 'a request failed');
  const cause = new Error('ECONNREFUSED');
  log.error({ err: new RowferryError('disk-full', 'no room: ENOSPC', { cause }) }, 'a request failed');
  log.warn('nothing more to say');
  streams.stderr.end();
  assert.deepEqual((await text(streams.stderr)).split('\n'), [
    'warning: a transaction is run again: deadlock\\x0afound',
    'error: a request failed: it was lost',
    'error: a request failed: no room: ENOSPC',
    'warning: nothing more to say',
    '',
  ]);
});
