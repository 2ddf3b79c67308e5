import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { FailureLog } from '../../src/server/failure-log.ts';

function logged() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const clock = { now: 0 };
  return { lines, clock, failures: new FailureLog(log, () => clock.now) };
}

const away = () => new RowferryError('database-unavailable', 'it is away', { hint: 'start it' });
const GET = { method: 'GET', path: '/v1/loads/L' };

test('a failure that comes each second is told once a minute, with how often it came', () => {
  const { lines, clock, failures } = logged();
  for (clock.now = 0; clock.now <= 60_000; clock.now += 1000) failures.note({ ...GET, error: away() });
  assert.deepEqual(
    lines.map(({ msg, code, method, path, hint }) => [msg, code, method, path, hint]),
    [
      ['a request failed', 'database-unavailable', 'GET', '/v1/loads/L', 'start it'],
      [
        'a request failed, and 59 times before it since this was told last',
        'database-unavailable',
        'GET',
        '/v1/loads/L',
        'start it',
      ],
    ],
  );
});

test('another request, and another failure of the same one, are told at once', () => {
  const { lines, failures } = logged();
  failures.note({ ...GET, error: away() });
  failures.note({ ...GET, path: '/v1/loads/M', error: away() });
  failures.note({ ...GET, method: 'POST', error: away() });
  failures.note({ ...GET, error: new RowferryError('database-unavailable', 'it starts') });
  failures.note({ ...GET, error: new RowferryError('disk-full', 'it is away') });
  assert.equal(lines.length, 5);
});

test('what is remembered of them is bounded', () => {
  const { lines, failures } = logged();
  const note = (n: number) => failures.note({ ...GET, path: `/v1/loads/${n}`, error: away() });
  for (let n = 0; n < 1001; n += 1) note(n);
  note(0);
  assert.equal(lines.length, 1002, 'the first was forgotten meanwhile');
});
