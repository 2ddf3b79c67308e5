import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditNote, AuditQueue, draftsOf, MOST_GROUPS } from '../../src/ledger/audit-queue.ts';
import { NOBODY } from '../../src/model/audit.ts';

const note = (more: Partial<AuditNote['actor']> = {}, rest: Partial<AuditNote> = {}): AuditNote => ({
  event: 'auth-failed',
  actor: { owner: null, keyId: null, address: '192.0.2.1', ...more },
  subject: null,
  detail: { code: 'unauthorized' },
  at: 1000,
  ...rest,
});

const drafts = (queue: AuditQueue) => draftsOf(queue.take(), 9000, NOBODY);

test('like events become one entry with a count, its first and its last time', () => {
  const queue = new AuditQueue();
  for (let i = 0; i < 10_000; i++) queue.add(note({}, { at: 1000 + i }));
  const [draft, ...more] = drafts(queue);
  assert.deepEqual(more, []);
  assert.equal(draft?.at, 1000);
  assert.deepEqual(draft?.detail, {
    code: 'unauthorized',
    count: 10_000,
    lastAt: '1970-01-01T00:00:10.999Z',
  });
  assert.ok(queue.isEmpty);
});

test('other events, codes, addresses and keys are other entries, in the order they came', () => {
  const queue = new AuditQueue();
  const notes = [
    note({}, { at: 5 }),
    note({ address: '192.0.2.2' }, { at: 4 }),
    note({ keyId: 'A' }, { at: 3 }),
    note({}, { at: 2, detail: { code: 'seal-invalid' } }),
    note({}, { at: 1, event: 'denied' }),
  ];
  for (const each of notes) queue.add(each);
  assert.deepEqual(
    drafts(queue).map(({ at }) => at),
    [1, 2, 3, 4, 5],
  );
});

test('a few of the things denied are named', () => {
  const queue = new AuditQueue();
  for (let i = 0; i < 30; i++) queue.add(note({ owner: 'ann' }, { event: 'denied', subject: `t${i}` }));
  const [draft] = drafts(queue);
  assert.equal(draft?.subject, 't0');
  assert.deepEqual(draft?.detail.subjects, ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 't8', 't9']);
  assert.equal(draft?.detail.count, 30);
});

test('an address that makes up key ids takes no more room than a few', () => {
  const queue = new AuditQueue();
  for (let i = 0; i < 10_000; i++) queue.add(note({ keyId: `key${i}` }));
  queue.add(note({ address: '192.0.2.9', keyId: 'good' }));
  const entries = drafts(queue);
  assert.equal(entries.length, 10);
  assert.ok(
    entries.some(({ actor }) => actor.keyId === 'good'),
    'others are not crowded out',
  );
  const together = entries.find(({ actor }) => actor.keyId === null);
  assert.equal(together?.detail.count, 10_000 - 8);
});

test('what finds no room is counted, in an entry of its own', () => {
  const queue = new AuditQueue();
  let refused = 0;
  for (let i = 0; i < 10_000; i++) if (!queue.add(note({ address: `address ${i}` }))) refused += 1;
  const entries = drafts(queue);
  assert.equal(entries.length, MOST_GROUPS + 1);
  assert.equal(refused, 10_000 - MOST_GROUPS);
  const last = entries.at(-1);
  assert.deepEqual([last?.event, last?.detail, last?.actor], ['events-dropped', { count: refused }, NOBODY]);
});

test('what could not be written is put back, joined with what came meanwhile, and never grows', () => {
  const queue = new AuditQueue();
  queue.add(note({}, { at: 1000 }));
  const batch = queue.take();
  queue.add(note({}, { at: 2000 }));
  assert.equal(queue.putBack(batch), 0);
  const [draft] = drafts(queue);
  assert.deepEqual([draft?.detail.count, draft?.at], [2, 1000]);
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < MOST_GROUPS; i++) queue.add(note({ address: `round ${round}, address ${i}` }));
    const full = queue.take();
    for (let i = 0; i < MOST_GROUPS; i++) queue.add(note({ address: `other ${i}` }));
    queue.putBack(full);
    assert.ok(queue.take().groups.size <= MOST_GROUPS);
  }
  for (let i = 0; i < MOST_GROUPS; i++) queue.add(note({ address: `address ${i}` }));
  const full = queue.take();
  queue.add(note({ address: 'new' }));
  assert.equal(queue.putBack(full), 1, 'one event found no room');
  assert.deepEqual(drafts(queue).at(-1)?.detail, { count: 1 });
});
