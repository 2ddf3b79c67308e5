import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, type Situation } from '../../src/backup/due.ts';
import type { ScheduledRun } from '../../src/ledger/schedules.ts';

const LAST: ScheduledRun = {
  name: 'backup',
  due: '2026-11-21T03:00:00.000Z',
  place: 'here',
  state: 'done',
  attempts: 1,
  beat: 5,
  startedAt: '2026-11-21T03:00:00.100Z',
  finishedAt: '2026-11-21T03:00:09.000Z',
  detail: null,
};

const NOW: Situation = {
  last: LAST,
  lastIsDead: false,
  now: new Date('2026-11-22T03:00:01Z'),
  due: new Date('2026-11-22T03:00:00Z'),
  next: new Date('2026-11-23T03:00:00Z'),
  place: 'here',
  startsAtOnce: true,
};

/** What is decided, in short; `last` over LAST. */
function decided(last: Partial<ScheduledRun>, more: Partial<Situation> = {}): string | null {
  const decision = decide({ ...NOW, last: { ...LAST, ...last }, ...more });
  return decision === null ? null : `${decision.state} ${decision.due.slice(0, 10)} ${decision.attempts}`;
}

test('a new due time is run once', () => {
  assert.equal(decided({}), 'running 2026-11-22 1');
  for (const state of ['done', 'failed', 'skipped'] as const) {
    assert.equal(decided({ due: '2026-11-22T03:00:00.000Z', state }), null);
  }
});

test('without a record it starts at once, or with the next due time', () => {
  assert.deepEqual(decide({ ...NOW, last: null })?.state, 'running');
  assert.deepEqual(decide({ ...NOW, last: null, startsAtOnce: false })?.state, 'skipped');
});

test('while one runs none is begun; when it is dead it is made up for, but not for ever', () => {
  const due = '2026-11-22T03:00:00.000Z';
  assert.equal(decided({ due, state: 'running' }), null);
  assert.equal(decided({ state: 'running' }), null);
  assert.equal(decided({ state: 'running' }, { lastIsDead: true }), 'running 2026-11-22 1');
  assert.equal(decided({ due, state: 'running' }, { lastIsDead: true }), 'running 2026-11-22 2');
  assert.equal(decided({ due, state: 'running', attempts: 3 }, { lastIsDead: true }), 'failed 2026-11-22 3');
  assert.equal(decided({ due, state: 'cut', attempts: 3 }), 'running 2026-11-22 3');
});

test('the home of the last run goes first; another takes over after a while', () => {
  const after = (seconds: number) => ({ place: 'there', now: new Date(NOW.due.getTime() + seconds * 1000) });
  assert.equal(decided({}, after(599)), null);
  assert.equal(decided({}, after(600)), 'running 2026-11-22 1');
  const cut = { due: '2026-11-22T03:00:00.000Z', state: 'cut' } as const;
  assert.equal(decided(cut, after(599)), null);
  assert.equal(decided(cut, after(600)), 'running 2026-11-22 1');
  const minutely = { next: new Date('2026-11-22T03:01:00Z') };
  assert.equal(decided({}, { ...after(29), ...minutely }), null);
  assert.equal(decided({}, { ...after(30), ...minutely }), 'running 2026-11-22 1');
});

test('a clock that is set back runs nothing twice; one that was far ahead does not hold it up', () => {
  assert.equal(
    decided(
      { due: '2026-11-22T03:00:00.000Z' },
      { due: new Date('2026-11-21T03:00:00Z'), next: new Date('2026-11-22T03:00:00Z') },
    ),
    null,
  );
  assert.equal(decided({ due: '2026-11-23T03:00:00.000Z' }), null);
  assert.equal(decided({ due: '2030-01-01T03:00:00.000Z' }), 'skipped 2026-11-22 1');
});
