import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import {
  type Database,
  type Databases,
  ENGINES,
  type EngineName,
  openDatabases,
} from './harness/databases.ts';
import { type EventsFile, eventsDdl, eventsFile } from './harness/events.ts';
import { type FaultsHome, homeOf } from './harness/home.ts';
import { type Held, violations } from './harness/invariant.ts';
import { finish } from './harness/kills.ts';
import { ledgerState } from './harness/ledger-state.ts';
import { drop } from './up-process.ts';

/** A check that cannot fail is none: each part of the invariant has to find its damage, and only that. */

interface Sound {
  readonly database: Database;
  readonly home: FaultsHome;
  readonly file: EventsFile;
  /** Of the ledger's tables. */
  readonly prefix: string;
  readonly databases: Databases;
  readonly load: string;
}

interface Damage {
  readonly what: string;
  readonly engines?: readonly EngineName[];
  readonly held?: (sound: Sound) => Held;
  /** Null: `held` is all. */
  readonly damage: ((sound: Sound) => unknown) | null;
  readonly found: RegExp;
  readonly undo?: (sound: Sound) => unknown;
}

const sql =
  (statement: string) =>
  ({ database, prefix }: Sound) =>
    database.run(statement.replaceAll('LEDGER.', prefix));

const UNBOUND: Readonly<Record<EngineName, string>> = {
  sqlite: 'PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON',
  postgres: `SET session_replication_role = replica; ALTER TABLE rowferry.loads DROP CONSTRAINT IF EXISTS loads_check;
    ALTER TABLE rowferry.batches DROP CONSTRAINT IF EXISTS batches_check`,
  mysql: 'SET foreign_key_checks = 0, check_constraint_checks = 0',
};

/** What the ledger's own keys and checks forbid. */
const unbound = (statement: string) => (sound: Sound) =>
  sql(`${UNBOUND[sound.database.engine]}; ${statement.replace('LOAD', sound.load)}`)(sound);

/** Bytes of a table of its own are turned while the server is down. */
async function turnPage({ database, databases: { server } }: Sound): Promise<void> {
  await database.run(`CREATE TABLE spare (v INTEGER, KEY (v)) STATS_PERSISTENT = 0;
    INSERT INTO spare SELECT line FROM events`);
  const [place] = await database.snapshot((query) => query('SELECT @@datadir AS folder, database() AS name'));
  await server?.kill('SIGTERM');
  const path = join(String(place?.folder), String(place?.name), 'spare.ibd');
  const bytes = readFileSync(path);
  for (let at = INDEX_PAGE * PAGE_BYTES + 200; at < INDEX_PAGE * PAGE_BYTES + 300; at++) {
    bytes[at] = 255 - (bytes[at] ?? 0);
  }
  writeFileSync(path, bytes);
  await server?.start();
}

const PAGE_BYTES = 16_384;
/** The root of the first index that is not the table's own. */
const INDEX_PAGE = 4;

/** The driver defends the texts of the schema. */
function schemaText(statements: string): (sound: Sound) => void {
  return ({ database: { url } }) => {
    using database = new DatabaseSync(url.slice('sqlite:'.length), { defensive: false });
    database.exec(statements);
  };
}

const inData = ({ home }: Sound, ...parts: string[]) => join(home.path, 'data', ...parts);
const done = (sound: Sound) => inData(sound, 'done', sound.file.name);
const aside = (sound: Sound) => join(sound.home.path, 'aside');
const receipt = (sound: Sound) => `${done(sound)}.receipt.json`;
const NOTHING = { read: 0, inserted: 0, rejected: 0 };

const DAMAGES: readonly Damage[] = [
  {
    what: '(a) a record too many accounted for',
    damage: unbound('UPDATE LEDGER.loads SET updated = 1'),
    found: /^\(a\) events-1\.csv: read 1000, accounted for 1001\n.*: updated 1, its batches have 0$/m,
    undo: unbound('UPDATE LEDGER.loads SET updated = 0'),
  },
  {
    what: '(a) a batch that counts what its load does not',
    damage: unbound('UPDATE LEDGER.batches SET skipped = 1'),
    found: /^\(a\) events-1\.csv: skipped 0, its batches have 1$/m,
    undo: unbound('UPDATE LEDGER.batches SET skipped = 0'),
  },
  {
    what: '(a) a load that stands elsewhere than its batches end',
    damage: sql('UPDATE LEDGER.loads SET position = position - 1'),
    found: /^\(a\) events-1\.csv: stands at \d+, its batches end at \d+$/m,
    undo: sql('UPDATE LEDGER.loads SET position = position + 1'),
  },
  {
    what: '(a) a load that was completed before its end',
    damage: sql('UPDATE LEDGER.loads SET size = size + 1'),
    found: /^\(a\) events-1\.csv: completed at \d+ of \d+$/m,
    undo: sql('UPDATE LEDGER.loads SET size = size - 1'),
  },
  {
    what: '(a) batches of no load',
    damage: unbound("UPDATE LEDGER.batches SET load_id = 'none'"),
    found: /^\(a\) batches of none, which is no load$/m,
    undo: unbound("UPDATE LEDGER.batches SET load_id = 'LOAD'"),
  },
  {
    what: '(a) a part of the file that no batch covers',
    damage: sql('UPDATE LEDGER.batches SET first_byte = first_byte + 1'),
    found: /^\(a\) events-1\.csv: a batch starts at 1/m,
    undo: sql('UPDATE LEDGER.batches SET first_byte = first_byte - 1'),
  },
  {
    what: '(b) a row that the ledger counts and the table has not',
    damage: sql('UPDATE events SET file = 0 WHERE line = 7'),
    found: /^\(b\) events-1\.csv: (\d+) rows, the ledger says \d+\n\(b\) events-1\.csv: n is \1, expected/m,
    undo: sql('UPDATE events SET file = 1 WHERE line = 7'),
  },
  {
    what: '(b) a row that belongs to no load',
    damage: sql('UPDATE events SET file = 2 WHERE line = 7'),
    found: /^\(b\) rows of file 2, of which there is no load/m,
    undo: sql('UPDATE events SET file = 1 WHERE line = 7'),
  },
  {
    what: '(b) a row in the place of another',
    damage: sql('UPDATE events SET line = 1000007 WHERE line = 7'),
    found: /^\(b\) events-1\.csv: line_sum is/m,
    undo: sql('UPDATE events SET line = 7 WHERE line = 1000007'),
  },
  {
    what: '(b) a row twice, for want of another',
    damage: sql("UPDATE events SET line = 7, name = 'twice' WHERE line = 8"),
    found: /^\(b\) events-1\.csv: \d+ rows, some twice/m,
    undo: sql("UPDATE events SET line = 8 WHERE name = 'twice'"),
  },
  {
    what: '(d) a receipt of a load that the ledger does not know',
    held: () => ({ load: 'none', ...NOTHING, range: null }),
    damage: null,
    found: /^\(d\) a client holds a receipt of none, the ledger knows none/m,
  },
  {
    what: '(d) a receipt of a part that says something else',
    held: ({ load }) => ({ load, ...NOTHING, range: { firstByte: 0, endByte: 1 } }),
    damage: null,
    found: /^\(d\) receipt of \w+ 0: read is 1000, expected 0\n(.*\n)*.*: endByte is \d+, expected 1$/m,
  },
  {
    what: '(d) a receipt on the disk that says something else',
    damage: (sound) => {
      copyFileSync(receipt(sound), aside(sound));
      const text = readFileSync(receipt(sound), 'utf8');
      writeFileSync(receipt(sound), text.replace(/"inserted": \d+/, '"inserted": 1'));
    },
    found: /^\(d\) receipt of \w+: inserted is \d+, expected 1/m,
    undo: (sound) => copyFileSync(aside(sound), receipt(sound)),
  },
  {
    what: '(e) a file in two places',
    damage: (sound) => copyFileSync(done(sound), inData(sound, 'failed', sound.file.name)),
    found: /^\(e\) events-1\.csv lies in: done\/events-1\.csv, failed\/events-1\.csv/m,
    undo: (sound) => rmSync(inData(sound, 'failed', sound.file.name)),
  },
  {
    what: '(e) a file in no place',
    damage: (sound) => renameSync(done(sound), aside(sound)),
    found: /^\(e\) events-1\.csv lies in: $/m,
    undo: (sound) => renameSync(aside(sound), done(sound)),
  },
  {
    what: '(e) a file without its receipt',
    damage: (sound) => renameSync(receipt(sound), aside(sound)),
    found: /^\(e\) events-1\.csv has no receipt/m,
    undo: (sound) => renameSync(aside(sound), receipt(sound)),
  },
  {
    what: '(f) a load left open',
    damage: sql("UPDATE LEDGER.loads SET state = 'receiving'"),
    found: /^\(f\) the load of events-1\.csv is left open/m,
    undo: sql("UPDATE LEDGER.loads SET state = 'completed_with_rejects'"),
  },
  {
    what: '(f) a request told as running past its lease',
    damage: sql(`INSERT INTO LEDGER.answers
      (owner, idempotency_key, fingerprint, body_sha256, state, fence, lease, created_at)
      VALUES ('ann', 'left', 'f', 's', 'running', 1, '2026-01-01T00:01:00.000Z', '2026-01-01T00:00:00.000Z')`),
    found: /^\(f\) request left is told as running, its lease ends at 2026-01-01T00:01:00\.000Z/m,
    undo: sql("DELETE FROM LEDGER.answers WHERE idempotency_key = 'left'"),
  },
  {
    what: '(g) a row without its parent',
    damage: sql('UPDATE events SET kind = 999 WHERE line = 7'),
    found: /^\(g\) 1 rows have no parent/m,
    undo: sql('UPDATE events SET kind = 1 WHERE line = 7'),
  },
  {
    what: '(g) an index that does not hold what its table does',
    engines: ['sqlite'],
    damage: schemaText(`CREATE INDEX by_line ON events (line); PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = 'CREATE INDEX by_line ON events (kind)' WHERE name = 'by_line'`),
    found: /^\(g\) integrity_check: /m,
    undo: schemaText(`PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = 'CREATE INDEX by_line ON events (line)' WHERE name = 'by_line'`),
  },
  {
    what: '(g) an index that does not hold what its table does',
    engines: ['postgres'],
    damage: sql(`CREATE FUNCTION key_of(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
      CREATE INDEX by_key ON events (key_of(line));
      CREATE OR REPLACE FUNCTION key_of(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT -$1'`),
    found: /^\(g\) pg_amcheck: /m,
    undo: sql('DROP INDEX by_key'),
  },
  {
    what: '(g) a page that is not what was written',
    engines: ['mysql'],
    damage: turnPage,
    found: /^\(g\) CHECK TABLE spare: /m,
    undo: sql('DROP TABLE spare'),
  },
  {
    what: '(c) rejects of no load',
    damage: unbound("UPDATE LEDGER.rejects SET load_id = 'none'"),
    found: /^\(c\) rejects of none, which is no load$/m,
    undo: unbound("UPDATE LEDGER.rejects SET load_id = 'LOAD'"),
  },
  {
    what: '(c) a reject that was not kept',
    damage: sql('DELETE FROM LEDGER.rejects'),
    found: /^\(c\) events-1\.csv: \d+ rejected, 0 kept/m,
  },
];

for (const engine of ENGINES) {
  describe(`a sound load passes the invariant, and every kind of damage is found, ${engine}`, async () => {
    const databases = await openDatabases(engine);
    after(() => databases.stop());

    test('all of it', async (t) => {
      const database = await databases.fresh();
      await database.run(eventsDdl(engine, false));
      const home = homeOf(t, database);
      const file = eventsFile(1, 1000, 1);
      drop(home, file.name, file.content);
      await finish(t, home, [file]);
      const look = (held: readonly Held[] = []) => violations(database, { files: [file], held, home });
      assert.deepEqual(await look(), []);
      const ledger = await database.snapshot((query) => ledgerState(engine, query));
      assert.equal(ledger?.batches.length, 1);
      const prefix = engine === 'postgres' ? 'rowferry.' : 'rowferry_';
      const load = ledger.loads[0]?.id ?? assert.fail('there is no load');
      const sound = { database, databases, home, file, prefix, load };
      for (const { what, engines = ENGINES, held, damage, found, undo } of DAMAGES) {
        if (!engines.includes(engine)) continue;
        await damage?.(sound);
        const part = what.slice(0, 3);
        const said = await look(held === undefined ? [] : [held(sound)]);
        assert.match(said.join('\n'), found, what);
        assert.deepEqual(
          said.filter((line) => !line.startsWith(part)),
          [],
          what,
        );
        await undo?.(sound);
      }
    });
  });
}
