import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNothingRemains, codesOf, countsOf, openRig, records, TABLE } from './atomic-fixture.ts';

test('no row is in the table until the last part is there; then all are', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100);
  const load = await rig.announce(content);
  const half = await rig.send(load, content, 3);
  assert.equal(half.state, 'receiving');
  assert.equal(rig.count(), 0);
  assert.ok(half.read > 30);
  await assert.rejects(rig.ingest.finish(load.id), { code: 'offset-mismatch' });
  assert.deepEqual(countsOf(half), [half.read, 0, 0, half.read, 0]);
  assert.deepEqual(
    (await rig.ingest.tables()).map(({ name }) => name),
    ['t'],
    "where the rows wait is nobody's table",
  );
  const ended = await rig.send(half, content);
  assert.equal(ended.state, 'completed');
  assert.equal(ended.detail, null);
  assert.deepEqual(countsOf(ended), [100, 100, 0, 0, 0]);
  assertNothingRemains(rig, 100);
  assert.deepEqual(
    rig.db
      .prepare('SELECT first_byte, end_byte, inserted FROM rowferry_batches')
      .all()
      .map((row) => ({ ...row })),
    [{ first_byte: 0, end_byte: content.length, inserted: 100 }],
  );
  assert.deepEqual(await rig.ingest.finish(load.id), await rig.ingest.load(load.id), 'finish again');
  assert.equal((await rig.ingest.load(load.id)).state, 'completed');
  assert.equal(rig.count(), 100);
});

test('rows keep the order of the file, whatever indexes the table has', async (t) => {
  const rig = await openRig(
    t,
    "CREATE TABLE t (a TEXT, b TEXT, c TEXT DEFAULT 'so wide that an index is read sooner', UNIQUE (b, a))",
  );
  const lines = Array.from({ length: 60 }, (_, i) => `a${i},b${(i * 37) % 60}\n`);
  await rig.load(`a,b\n${lines.join('')}`);
  const rows = rig.db.prepare('SELECT a FROM t ORDER BY rowid').all();
  assert.deepEqual(
    rows.map(({ a }) => a),
    Array.from({ length: 60 }, (_, i) => `a${i}`),
  );
});

/** What makes the record in the middle of a file a reject, and how it is reported. */
const REJECTS: Readonly<Record<string, { record: string; code: string }>> = {
  'a check of rowferry': { record: '50,', code: '50 missing a' },
  'a CHECK of the table': { record: '50,bad', code: '50 check null' },
  'a key of an earlier part': { record: '3,again', code: '50 unique.file id' },
  'a key of the same part': { record: '49,again', code: '50 unique.file id' },
  'a key that is in the table': { record: '1000,again', code: '50 unique.table id' },
};

for (const [name, { record, code }] of Object.entries(REJECTS)) {
  test(`one reject takes all of the file back: ${name}`, async (t) => {
    const rig = await openRig(t, `${TABLE}; INSERT INTO t VALUES (1000, 'there')`);
    const content = `${records(49)}${record}\n${records(50, undefined, 51)}`;
    const load = await rig.load(content);
    assert.equal(load.state, 'aborted');
    assert.equal(load.detail, 'atomic: 1 of 100 records were rejected, nothing was loaded');
    assert.deepEqual(countsOf(load), [100, 0, 0, 99, 1]);
    assert.deepEqual(await codesOf(rig, load.id), [code]);
    assertNothingRemains(rig, 1);
  });
}

test('messages speak of the table, not of where the rows wait', async (t) => {
  const rig = await openRig(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
     CREATE UNIQUE INDEX "by b" ON t (lower(b)); CREATE UNIQUE INDEX some ON t (a) WHERE a <> 'free'`,
  );
  const content = `1,x,B\n2,free,c\n3,free,d\n${records(30, (id) => `f${id},g${id}`, 10)}50,y,b\n51,x,z\n1,w,w\n`;
  const { id, rejected } = await rig.load(content);
  const { rejects } = await rig.ingest.rejects(id, { limit: 10 });
  assert.equal(rejected, 3);
  assert.deepEqual(
    rejects.map(({ errors }) => errors.map(({ code, message }) => `${code}: ${message}`)),
    [
      ["unique.file: UNIQUE constraint failed: index 'by b'"],
      ['unique.file: UNIQUE constraint failed: t.a'],
      ['unique.file: id is "1"; an earlier row of the file has this key'],
    ],
  );
});

test('an orphan is a reject; the same file again, with its parent there, is loaded', async (t) => {
  const rig = await openRig(
    t,
    `CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
     CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id))`,
  );
  const content = records(100, (id) => (id === 70 ? '2' : '1'));
  const refused = await rig.load(content);
  assert.equal(refused.state, 'aborted');
  assert.deepEqual(await codesOf(rig, refused.id), ['70 foreign_key p']);
  assertNothingRemains(rig);
  rig.db.exec('INSERT INTO p VALUES (2)');
  const again = await rig.announce(content);
  assert.deepEqual(
    [again.id, again.state, again.offset, ...countsOf(again)],
    [refused.id, 'receiving', 0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(again.reasons, []);
  assert.deepEqual(await codesOf(rig, again.id), []);
  const loaded = await rig.send(again, content);
  assert.deepEqual([loaded.state, ...countsOf(loaded)], ['completed', 100, 100, 0, 0, 0]);
  assertNothingRemains(rig, 100);
});

const TREE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES t (id))';

test('a table that refers to itself finds parents in earlier parts', async (t) => {
  const rig = await openRig(t, TREE);
  const loaded = await rig.load(records(200, (id) => (id === 1 ? '' : String(Math.floor(id / 2)))));
  assert.deepEqual([loaded.state, ...countsOf(loaded)], ['completed', 200, 200, 0, 0, 0]);
  assert.deepEqual(rig.db.prepare('PRAGMA foreign_key_check').all(), []);
  const refused = await rig.load(records(100, (id) => (id === 290 ? '999' : '1'), 201));
  assert.deepEqual(await codesOf(rig, refused.id), ['90 foreign_key boss']);
  assertNothingRemains(rig, 200);
});

/** What stands in the way of the move although no record was rejected. */
const REFUSALS: Readonly<Record<string, { ddl: string; meanwhile?: string; says: RegExp }>> = {
  'a trigger that says ABORT': {
    ddl: "CREATE TRIGGER no BEFORE INSERT ON t WHEN new.id = 90 BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    says: /not this one/,
  },
  'a trigger that says ROLLBACK': {
    ddl: "CREATE TRIGGER no BEFORE INSERT ON t WHEN new.id = 90 BEGIN SELECT RAISE(ROLLBACK, 'none at all'); END",
    says: /none at all/,
  },
  'a trigger that is broken': {
    ddl: 'CREATE TRIGGER no AFTER INSERT ON t BEGIN INSERT INTO gone VALUES (1); END',
    says: /no such table: main.gone/,
  },
  'a row of someone else with one of the keys': {
    ddl: '',
    meanwhile: 'INSERT INTO t (id, p) VALUES (5, 1)',
    says: /UNIQUE constraint failed: t.id/,
  },
  'parents that are gone': {
    ddl: '',
    meanwhile: 'DELETE FROM p WHERE id = 2',
    says: /p = 2 is not in p \(records: 50\)/,
  },
  'a column that is gone': { ddl: '', meanwhile: 'ALTER TABLE t DROP COLUMN q', says: /unknown column "q"/ },
  'a parent gone, and the key held at the COMMIT': {
    ddl: 'CREATE TABLE d (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED, q TEXT)',
    meanwhile: 'DELETE FROM p WHERE id = 2',
    says: /FOREIGN KEY constraint failed/,
  },
};

const CHILD = `CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2);
  CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE, q TEXT);`;

for (const [name, { ddl, meanwhile = '', says }] of Object.entries(REFUSALS)) {
  test(`the database refuses the move: ${name}`, async (t) => {
    const table = ddl.includes('TABLE d') ? 'd' : 't';
    const rig = await openRig(t, CHILD + ddl, table);
    const content = records(100, (id) => `${(id % 2) + 1},x`);
    const load = await rig.announce(content);
    const sent = await rig.sendOpen(load, content);
    assert.deepEqual(
      [sent.state, sent.offset, ...countsOf(sent)],
      ['receiving', sent.size, 100, 0, 0, 100, 0],
    );
    rig.db.exec(meanwhile);
    const before = rig.count();
    const ended = await rig.ingest.finish(load.id);
    assert.equal(ended.state, 'aborted');
    assert.match(ended.detail ?? '', /^atomic: nothing was loaded: /);
    assert.match(ended.detail ?? '', says);
    assert.deepEqual(countsOf(ended), [100, 0, 0, 100, 0]);
    assertNothingRemains(rig, before);
  });
}

test('foreign keys do not hold rows that wait: others may delete a parent, and lose none of theirs', async (t) => {
  const rig = await openRig(t, `${CHILD} INSERT INTO t VALUES (1000, 2, 'x')`);
  const content = records(100, (id) => `${(id % 2) + 1},x`);
  const sent = await rig.sendOpen(await rig.announce(content), content);
  rig.db.exec('PRAGMA foreign_keys = ON; DELETE FROM p WHERE id = 2; INSERT INTO p VALUES (2)');
  const ended = await rig.ingest.finish(sent.id);
  assert.deepEqual([ended.state, ...countsOf(ended)], ['completed', 100, 100, 0, 0, 0]);
  assertNothingRemains(rig, 100);
});

const MAIL = `CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT COLLATE NOCASE UNIQUE, n INTEGER DEFAULT 7);
  INSERT INTO t VALUES (1, 'a@x', 1), (2, 'b@x', 2)`;

test('mode skip: rows whose keys are in the table or earlier in the file are passed over', async (t) => {
  const rig = await openRig(t, MAIL);
  // 3 is in the way of nobody: 1, whose address it has, is passed over itself.
  const content = `id,mail\n1,c@x\n3,C@x\n4,A@x\n${records(60, (id) => `m${id}`, 10)}10,again\n6,M11\n7,free\n`;
  const load = await rig.load(content, { mode: 'skip' });
  assert.deepEqual([load.state, ...countsOf(load)], ['completed', 66, 62, 0, 4, 0]);
  const mails = rig.db.prepare('SELECT id, mail, n FROM t WHERE id < 10 ORDER BY id').all();
  assert.deepEqual(
    mails.map((row) => Object.values(row)),
    [
      [1, 'a@x', 1],
      [2, 'b@x', 2],
      [3, 'C@x', 7],
      [7, 'free', 7],
    ],
  );
  assertNothingRemains(rig, 64);
});

test('mode skip: what someone else inserted before the move is passed over too', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100);
  const sent = await rig.sendOpen(await rig.announce(content, { mode: 'skip' }), content);
  rig.db.exec("INSERT INTO t VALUES (7, 'mine')");
  const ended = await rig.ingest.finish(sent.id);
  assert.deepEqual([ended.state, ...countsOf(ended)], ['completed', 100, 99, 0, 1, 0]);
  assert.equal(rig.db.prepare('SELECT a FROM t WHERE id = 7').get()?.a, 'mine');
});

test('mode upsert: inserted and updated are told apart; of two rows with one key only the first counts', async (t) => {
  const rig = await openRig(t, MAIL);
  const content = `mail,id\nA@x,1\n${Array.from({ length: 60 }, (_, i) => `m${i},${i + 10}\n`).join('')}z,2\n`;
  const load = await rig.load(content, { mode: 'upsert' });
  assert.deepEqual([load.state, ...countsOf(load)], ['completed', 62, 60, 2, 0, 0]);
  const mails = rig.db.prepare('SELECT mail, n FROM t WHERE id < 3').all();
  assert.deepEqual(
    mails.map((row) => Object.values(row)),
    [
      ['A@x', 1],
      ['z', 2],
    ],
  );
  const twice = await rig.load(`${content}other,2\n`, { mode: 'upsert' });
  assert.deepEqual([twice.state, ...countsOf(twice)], ['aborted', 63, 0, 0, 62, 1]);
  assert.deepEqual(await codesOf(rig, twice.id), ['64 unique.file id']);
  assertNothingRemains(rig, 62);
});
