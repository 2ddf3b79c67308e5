import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Candidate, judge } from '../../src/backup/retention.ts';
import type { RetentionRules } from '../../src/config/retention.ts';

const NONE: RetentionRules = { keepLast: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let made = 0;

function backup(at: string | number, more: Partial<Candidate> = {}): Candidate {
  made += 1;
  const id = `${made}`.padStart(6, '0');
  const snapshotAt = new Date(at).toISOString();
  return { id, database: 'd', table: 't', snapshotAt, state: 'verified', held: false, ...more };
}

const keptOf = (backups: readonly Candidate[], rules: RetentionRules): Candidate[] =>
  judge(backups, rules).flatMap(({ keep, backup: each }) => (keep ? [each] : []));

const timesKept = (backups: readonly Candidate[], rules: RetentionRules): string[] =>
  keptOf(backups, rules).map(({ snapshotAt }) => snapshotAt.slice(0, 16));

test('keepLast counts backups, keepWithin the time before the newest', () => {
  const backups = ['2026-01-01T03:00Z', '2026-01-05T03:00Z', '2026-01-05T09:00Z', '2026-01-05T10:00Z'].map(
    (at) => backup(at),
  );
  assert.deepEqual(timesKept(backups, { ...NONE, keepLast: 2 }), ['2026-01-05T09:00', '2026-01-05T10:00']);
  assert.deepEqual(timesKept(backups, { ...NONE, keepWithinMs: 7 * HOUR }), [
    '2026-01-05T03:00',
    '2026-01-05T09:00',
    '2026-01-05T10:00',
  ]);
});

test('the newest of each day, week, month and year of UTC; those without a backup do not count', () => {
  const times = [
    '2024-12-29T23:59Z', // Sunday of 2024-W52
    '2024-12-30T00:00Z', // Monday of 2025-W01
    '2025-12-31T12:00Z',
    '2026-02-28T03:00Z',
    '2026-02-28T23:59Z',
    '2026-03-01T00:00Z', // Sunday of 2026-W09, as 28 February
    '2026-06-15T03:00Z',
  ].map((at) => backup(at));
  const kept = (rules: Partial<RetentionRules>) => timesKept(times, { ...NONE, ...rules });
  assert.deepEqual(kept({ daily: 3 }), ['2026-02-28T23:59', '2026-03-01T00:00', '2026-06-15T03:00']);
  assert.deepEqual(kept({ weekly: 4 }), [
    '2024-12-30T00:00',
    '2025-12-31T12:00',
    '2026-03-01T00:00',
    '2026-06-15T03:00',
  ]);
  assert.deepEqual(kept({ monthly: 3 }), ['2026-02-28T23:59', '2026-03-01T00:00', '2026-06-15T03:00']);
  assert.deepEqual(kept({ yearly: 9 }), ['2024-12-30T00:00', '2025-12-31T12:00', '2026-06-15T03:00']);
});

test('each verdict says why', () => {
  const backups = [
    backup('2026-01-01T03:00Z', { held: true }),
    backup('2026-01-02T03:00Z', { state: 'corrupt' }),
    backup('2026-01-03T03:00Z'),
    backup('2026-01-04T03:00Z'),
    backup('2026-01-05T03:00Z', { state: 'corrupt' }),
    backup('2026-01-04T04:00Z', { database: null }),
  ];
  const reasons = judge(backups, { ...NONE, keepLast: 1, daily: 1 }).map(({ reasons: each }) => each);
  assert.deepEqual(reasons, [
    ['held'],
    ['corrupt, and older than every good one kept'],
    ['no rule keeps it'],
    ['the newest that is verified', 'last 1 of 1', 'daily 2026-01-04'],
    ['corrupt, but not older than all good ones'],
    ['the newest that is verified', 'last 1 of 1', 'daily 2026-01-04', 'of which database is not known'],
  ]);
  const corrupt = backup('2026-01-01T03:00Z', { state: 'corrupt' });
  assert.deepEqual(judge([corrupt], NONE)[0]?.reasons, ['there is no good one of the table']);
  assert.deepEqual(judge([backup('2024-12-31T03:00Z')], { ...NONE, weekly: 1 })[0]?.reasons, [
    'the newest that is verified',
    'weekly 2025-W01',
  ]);
});

test('rules that keep nothing keep the newest verified; what is corrupt stays as long as a good one before it', () => {
  const days = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'];
  const [a, b, c, d] = days.map((day) => `${day}T03:00`);
  const backups = days.map((day) =>
    backup(`${day}T03:00Z`, { state: day.endsWith('03') ? 'corrupt' : 'verified' }),
  );
  assert.deepEqual(timesKept(backups, NONE), [d]);
  assert.deepEqual(timesKept(backups, { ...NONE, keepLast: 2 }), [b, c, d]);
  assert.deepEqual(timesKept(backups, { ...NONE, keepLast: 9 }), [a, b, c, d]);
  assert.deepEqual(timesKept(backups.toReversed(), NONE), [d], 'in whatever order');
});

const rulesOf = fc.record({
  keepLast: fc.oneof(fc.constant(0), fc.nat(4)),
  daily: fc.oneof(fc.constant(0), fc.nat(5)),
  weekly: fc.oneof(fc.constant(0), fc.nat(4)),
  monthly: fc.oneof(fc.constant(0), fc.nat(4)),
  yearly: fc.oneof(fc.constant(0), fc.nat(3)),
  keepWithinMs: fc.oneof(fc.constant(0), fc.nat(5 * DAY)),
});

const candidates = fc.array(
  fc.record({
    hours: fc.nat(24 * 800),
    database: fc.constantFrom('d', 'e', null),
    table: fc.constantFrom('t', 'u'),
    state: fc.constantFrom<Candidate['state'][]>('verified', 'verified', 'verified', 'corrupt', 'complete'),
    held: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { maxLength: 60 },
);

const everyCase = fc.property(candidates, rulesOf, rulesOf, (drawn, rules, other) => {
  const backups = drawn.map(({ hours, ...more }) => backup(Date.UTC(2025, 0, 1) + hours * HOUR, more));
  const kept = new Set(keptOf(backups, rules));
  const groups = Map.groupBy(backups, ({ database, table }) => `${database} ${table}`);
  for (const group of groups.values()) {
    const good = group.filter(({ state }) => state === 'verified');
    const last = Math.max(...good.map(({ snapshotAt }) => Date.parse(snapshotAt)));
    if (good.length > 0) {
      assert.ok(
        good.some((each) => kept.has(each) && Date.parse(each.snapshotAt) === last),
        'the newest verified is kept',
      );
    } else {
      assert.ok(
        group.every((each) => kept.has(each)),
        'without a good one nothing goes',
      );
    }
  }
  for (const each of backups) {
    if (each.held || each.database === null) assert.ok(kept.has(each), 'held, or of an unknown database');
  }
  assert.deepEqual(keptOf([...kept], rules), [...kept], 'what is kept once is kept again');
  const wider: RetentionRules = {
    keepLast: rules.keepLast + other.keepLast,
    daily: rules.daily + other.daily,
    weekly: rules.weekly + other.weekly,
    monthly: rules.monthly + other.monthly,
    yearly: rules.yearly + other.yearly,
    keepWithinMs: rules.keepWithinMs + other.keepWithinMs,
  };
  const keptWider = new Set(keptOf(backups, wider));
  assert.ok(
    [...kept].every((each) => keptWider.has(each)),
    'wider rules keep no less',
  );
  assert.deepEqual(new Set(keptOf(backups.toReversed(), rules)), kept, 'in whatever order they come');
});

test('never the newest verified; once is enough; wider rules keep no less', () => {
  fc.assert(everyCase, { numRuns: 500 });
});

/**
 * What should be left of 400 days, told in another way: day by day on a calendar of texts, from every good backup that
 * was ever made, by looking for later ones in the same period.
 */
function expectedOf(good: readonly Candidate[], rules: RetentionRules): Set<string> {
  const byTime = good.toSorted((a, b) => a.snapshotAt.localeCompare(b.snapshotAt));
  const left = new Set<string>();
  const newest = byTime.at(-1);
  if (newest === undefined) return left;
  left.add(newest.id);
  for (let back = 1; back <= rules.keepLast; back++) left.add(byTime.at(-back)?.id ?? newest.id);
  for (const each of rules.keepWithinMs > 0 ? byTime : []) {
    const age = Date.parse(newest.snapshotAt) - Date.parse(each.snapshotAt);
    if (age <= rules.keepWithinMs) left.add(each.id);
  }
  const periods: [number, (at: string) => string][] = [
    [rules.daily, (at) => at.split('T')[0] ?? ''],
    [rules.weekly, mondayOf],
    [rules.monthly, (at) => at.slice(0, 7)],
    [rules.yearly, (at) => at.slice(0, 4)],
  ];
  for (const [most, periodOf] of periods) {
    const lastIn: Record<string, string> = {};
    for (const { id, snapshotAt } of byTime) lastIn[periodOf(snapshotAt)] = id;
    const recent = Object.keys(lastIn).sort().reverse().slice(0, most);
    for (const period of recent) left.add(lastIn[period] ?? '');
  }
  return left;
}

/** The date of the Monday before or on a day, found by walking back. */
function mondayOf(at: string): string {
  const day = new Date(`${at.slice(0, 10)}T12:00:00Z`);
  while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}

test('400 days with failures, thinned each day: exactly the expected set', () => {
  const policies: RetentionRules[] = [
    { keepLast: 3, daily: 7, weekly: 4, monthly: 12, yearly: 0, keepWithinMs: 2 * DAY },
    { keepLast: 0, daily: 0, weekly: 0, monthly: 0, yearly: 2, keepWithinMs: 0 },
    { keepLast: 1, daily: 14, weekly: 8, monthly: 3, yearly: 5, keepWithinMs: 0 },
  ];
  for (const rules of policies) {
    const ever: Candidate[] = [];
    let left: Candidate[] = [];
    for (let day = 0; day < 400; day++) {
      const runs = day % 11 === 5 ? 3 : 1;
      for (let run = 0; run < runs; run++) {
        const isFailed = (day * 7 + run) % 10 === 3 || (day > 100 && day < 119);
        if (isFailed) continue;
        const fresh = backup(Date.UTC(2025, 9, 27, 2, 0, day % 60) + day * DAY + run * 5 * HOUR);
        ever.push(fresh);
        left = keptOf([...left, fresh], rules);
        const expected = expectedOf(ever, rules);
        assert.deepEqual(new Set(left.map(({ id }) => id)), expected, `day ${day}`);
      }
    }
    assert.ok(ever.length > 300 && left.length < 40, `${left.length} of ${ever.length} are left`);
  }
});
